import type { Failure, StageStatus } from "@retort/core";
import type { Pool, PoolClient } from "pg";
import { LostLeaseError } from "./errors.ts";
import { notifySql } from "./events.ts";
import { type Fence, fenceValues } from "./fence.ts";
import { jsonb, storableText } from "./jsonb.ts";
import { wake } from "./outbox.ts";
import { transaction } from "./transaction.ts";
import { blockDependants, dependants, readyStages, settleRunsOf } from "./transitions.ts";

/** How an attempt ended, as its worker says. */
export type Ending =
  | { outcome: "succeeded"; lastOutput?: string }
  | { outcome: "failed"; failure: Failure }
  | { outcome: "retry"; failure: Failure; delayMs: number }
  | { outcome: "cancelled" };

const defaultMaxLost = 5;

/** What becomes of a stage that was asked to stop; the wish may have been withdrawn meanwhile. */
const stoppedOrReady =
  "(CASE WHEN prune_requested THEN 'pruned' WHEN cancel_requested THEN 'cancelled' ELSE 'ready' END)::stage_status";

/** The stage's new status by the ending. A retry of a stage that is to be cancelled is not made; a cancellation that was withdrawn is a retry. */
const nextStatus: Record<Ending["outcome"], string> = {
  succeeded: "'succeeded'::stage_status",
  failed: "'failed'::stage_status",
  retry: stoppedOrReady,
  cancelled: stoppedOrReady,
};

/** Ends an attempt and does for dependants and runs what follows from it. @throws LostLeaseError */
export function endAttempt(pool: Pool, fence: Fence, ending: Ending): Promise<void> {
  const failure = "failure" in ending ? ending.failure : null;
  const delayMs = ending.outcome === "retry" ? ending.delayMs : 0;
  return transaction(pool, async (client) => {
    const { rows } = await client.query<{ status: StageStatus }>(
      `WITH ended AS (
        UPDATE stage SET status = ${nextStatus[ending.outcome]}, lease_expires_at = NULL, cancel_requested = false, preempt_requested = false, prune_requested = false,
          failure = CASE WHEN $4 THEN $5::jsonb END,
          waiting_reason = CASE WHEN $6::float8 > 0 THEN 'retries after: ' || ($5::jsonb->>'message') END,
          ready_at = clock_timestamp() + $6::float8 * interval '1 millisecond',
          finished_at = CASE WHEN ${nextStatus[ending.outcome]} <> 'ready' THEN clock_timestamp() END
        WHERE id = $1::uuid AND attempt = $2::int AND worker_id = $3::uuid AND status = 'running'
        RETURNING id, status
      ) SELECT status, ${notifySql("stage", "id")} FROM ended`,
      [...fenceValues(fence), ending.outcome === "failed", failure === null ? null : jsonb(failure), delayMs],
    );
    const status = rows[0]?.status;
    if (status === undefined) throw new LostLeaseError(fence);
    await client.query(
      `UPDATE attempt SET status = $3::attempt_status, finished_at = clock_timestamp(), failure = $4::jsonb, last_output = $5
       WHERE stage_id = $1 AND number = $2`,
      [
        fence.stageId,
        fence.attempt,
        ending.outcome === "retry" ? "failed" : ending.outcome,
        failure === null ? null : jsonb(failure),
        lastOutput(ending),
      ],
    );
    await follow(client, [{ id: fence.stageId, status }]);
  });
}

function lastOutput(ending: Ending): string | null {
  const text =
    ending.outcome === "succeeded" ? ending.lastOutput : "failure" in ending ? ending.failure.lastOutput : undefined;
  return text === undefined ? null : storableText(text);
}

/** Takes stages from workers that have missed their lease. Its result is what stages.reclaimExpired() gives. */
export function reclaimExpired(pool: Pool, maxLost = defaultMaxLost) {
  return transaction(pool, async (client) => {
    const { rows } = await client.query<{ stageId: string; attempt: number; status: StageStatus }>(
      `WITH expired AS (
        SELECT s.id, s.attempt, s.budget_start, s.worker_id, w.name AS worker_name, w.host AS worker_host
        FROM stage s JOIN worker w ON w.id = s.worker_id
        WHERE s.status = 'running' AND s.lease_expires_at < clock_timestamp()
        ORDER BY s.id FOR UPDATE OF s SKIP LOCKED
      ), judged AS (
        SELECT e.*,
          jsonb_build_object('kind', 'lost-lease', 'code', 'LEASE_EXPIRED',
            'message', 'The worker ' || worker_name || ' on ' || worker_host || ' stopped reporting') AS failure,
          1 + (SELECT count(*) FROM attempt a
            WHERE a.stage_id = e.id AND a.number > e.budget_start AND a.status = 'lost') AS lost
        FROM expired e
      ), reclaimed AS (
        UPDATE stage SET
          status = (CASE WHEN prune_requested THEN 'pruned' WHEN cancel_requested THEN 'cancelled' WHEN j.lost > $1 THEN 'failed' ELSE 'ready' END)::stage_status,
          failure = CASE WHEN j.lost > $1 AND NOT cancel_requested THEN j.failure
            || jsonb_build_object('message', (j.failure->>'message') || '; ' || j.lost || ' attempts were lost in this way') END,
          finished_at = CASE WHEN j.lost > $1 OR cancel_requested THEN clock_timestamp() END,
          lease_expires_at = NULL, cancel_requested = false, preempt_requested = false, prune_requested = false, ready_at = clock_timestamp(), waiting_reason = NULL
        FROM judged j WHERE stage.id = j.id AND stage.status = 'running' AND stage.attempt = j.attempt
        RETURNING stage.id, stage.attempt, stage.status, j.failure AS why
      ), lost AS (
        UPDATE attempt SET status = 'lost', finished_at = clock_timestamp(), failure = r.why
        FROM reclaimed r WHERE attempt.stage_id = r.id AND attempt.number = r.attempt
      ) SELECT id AS "stageId", attempt, status, ${notifySql("stage", "id")} FROM reclaimed`,
      [maxLost],
    );
    await follow(
      client,
      rows.map(({ stageId, status }) => ({ id: stageId, status })),
    );
    return rows.map(({ stageId, attempt, status }) => ({ stageId, attempt, status }));
  });
}

/** What stages that stopped running mean for others. */
async function follow(client: PoolClient, ended: readonly { id: string; status: StageStatus }[]): Promise<void> {
  if (ended.length === 0) return;
  const having = (status: StageStatus) => ended.filter((stage) => stage.status === status).map(({ id }) => id);
  const succeeded = having("succeeded");
  const failed = having("failed");
  if (succeeded.length > 0) await readyStages(client, await dependants(client, succeeded));
  if (failed.length > 0) await blockDependants(client, failed);
  await wake(client, having("ready"));
  await settleRunsOf(
    client,
    ended.map(({ id }) => id),
  );
}
