import { type Failure, quarantineFix, type StageStatus, takedownLimit } from "@retort/core";
import type { Pool, PoolClient } from "pg";
import { LostLeaseError } from "./errors.ts";
import { notifySql } from "./events.ts";
import type { Fence } from "./fence.ts";
import { jsonb, storableText } from "./jsonb.ts";
import { wake } from "./outbox.ts";
import { freshSql } from "./stage-budget.ts";
import { transaction } from "./transaction.ts";
import { blockDependants, readyDependants, settleRunsOf } from "./transitions.ts";

/** How an attempt ended, as its worker says. */
export type Ending =
  | { outcome: "succeeded"; lastOutput?: string }
  | { outcome: "failed"; failure: Failure; quarantine?: boolean }
  /** accumulate: micro-batches that the next attempt cuts a training step into; as before when it is left out. */
  | { outcome: "retry"; failure: Failure; delayMs: number; accumulate?: number }
  | { outcome: "cancelled" };

export interface Success {
  fence: Fence;
  lastOutput?: string;
}

/** Ends an attempt and does for dependants and runs what follows from it. @throws LostLeaseError */
export async function endAttempt(pool: Pool, fence: Fence, ending: Ending): Promise<void> {
  const [lost] = await endAttempts(pool, [{ fence, ending }]);
  if (lost !== undefined) throw new LostLeaseError(lost);
}

/** See Stages.succeedMany. */
export function succeedMany(pool: Pool, ended: readonly Success[]): Promise<Fence[]> {
  return endAttempts(
    pool,
    ended.map(({ fence, lastOutput }) => ({ fence, ending: { outcome: "succeeded", lastOutput } })),
  );
}

/** @returns fences that hold no more: nothing was written for them */
function endAttempts(pool: Pool, list: readonly { fence: Fence; ending: Ending }[]): Promise<Fence[]> {
  const rows = list.map(({ fence, ending }) => ({
    stage_id: fence.stageId,
    attempt: fence.attempt,
    worker_id: fence.workerId,
    outcome: ending.outcome,
    failure: "failure" in ending ? ending.failure : null,
    delay_ms: ending.outcome === "retry" ? ending.delayMs : 0,
    accumulate: ending.outcome === "retry" ? (ending.accumulate ?? null) : null,
    quarantine: ending.outcome === "failed" && ending.quarantine === true,
    last_output: lastOutput(ending),
  }));
  return transaction(pool, async (client) => {
    const { rows: ended } = await client.query<{ id: string; attempt: number; status: StageStatus }>({
      name: "stages.end",
      text: endSql,
      values: [jsonb(rows)],
    });
    await follow(client, ended);
    const held = new Set(ended.map(({ id, attempt }) => `${id} ${attempt}`));
    return list.map(({ fence }) => fence).filter(({ stageId, attempt }) => !held.has(`${stageId} ${attempt}`));
  });
}

/** How far a stage has come is true of the next attempt only when this one gave way with a checkpoint; of an end it is told as it was. */
const keepsProgressSql = `n.status <> 'ready' OR (coalesce(n.failure->>'kind', '') = 'preempted'
      AND EXISTS (SELECT FROM checkpoint k WHERE k.stage_id = n.stage_id))`;

/**
 * A retry of a stage that is to be cancelled or pruned is not made; a wish that was withdrawn makes a retry. Rows are locked in the order of
 * their ids, as everywhere.
 */
const endSql = `WITH ending AS MATERIALIZED (
  SELECT e.* FROM jsonb_to_recordset($1::jsonb) AS e (stage_id uuid, attempt int, worker_id uuid, outcome text, failure jsonb,
    delay_ms float8, accumulate int, quarantine boolean, last_output text)
), held AS MATERIALIZED (
  SELECT s.id, s.cancel_requested, s.prune_requested FROM stage s JOIN ending e ON s.id = e.stage_id
  WHERE s.attempt = e.attempt AND s.worker_id = e.worker_id AND s.status = 'running' ORDER BY s.id FOR UPDATE OF s
), next AS (
  SELECT e.*, (CASE WHEN e.outcome IN ('succeeded', 'failed') THEN e.outcome
    WHEN held.prune_requested THEN 'pruned' WHEN held.cancel_requested THEN 'cancelled' ELSE 'ready' END)::stage_status AS status
  FROM ending e JOIN held ON held.id = e.stage_id
), ended AS (
  UPDATE stage SET status = n.status, lease_expires_at = NULL, cancel_requested = false, prune_requested = false,
    preempt_requested = false, failure = CASE WHEN n.outcome = 'failed' THEN n.failure END,
    waiting_reason = CASE WHEN n.status = 'ready' AND stage.is_paused THEN 'paused'
      WHEN n.delay_ms > 0 THEN 'retries after: ' || (n.failure->>'message') END,
    ready_at = clock_timestamp() + n.delay_ms * interval '1 millisecond',
    accumulate = coalesce(n.accumulate, stage.accumulate), progress = CASE WHEN ${keepsProgressSql} THEN stage.progress END,
    quarantined_at = CASE WHEN n.quarantine THEN clock_timestamp() END,
    finished_at = CASE WHEN n.status <> 'ready' THEN clock_timestamp() END
  FROM next n WHERE stage.id = n.stage_id AND stage.attempt = n.attempt AND stage.worker_id = n.worker_id
    AND stage.status = 'running'
  RETURNING stage.id, stage.attempt, stage.status
), closed AS (
  UPDATE attempt SET status = (CASE n.outcome WHEN 'retry' THEN 'failed' ELSE n.outcome END)::attempt_status,
    finished_at = clock_timestamp(), failure = n.failure, last_output = n.last_output
  FROM next n WHERE attempt.stage_id = n.stage_id AND attempt.number = n.attempt
) SELECT id, attempt, status, ${notifySql("stage", "id")} FROM ended`;

function lastOutput(ending: Ending): string | null {
  const text =
    ending.outcome === "succeeded" ? ending.lastOutput : "failure" in ending ? ending.failure.lastOutput : undefined;
  return text === undefined ? null : storableText(text);
}

/**
 * Takes stages from workers that have missed their lease. A worker that a stage killed stops reporting like any other, so lost leases
 * count as takedowns, with processes that a signal ended. Its result is what stages.reclaimExpired() gives.
 */
export function reclaimExpired(pool: Pool, limit = takedownLimit) {
  return transaction(pool, async (client) => {
    const { rows } = await client.query<{ stageId: string; attempt: number; status: StageStatus }>(
      `WITH expired AS (
        SELECT s.id, s.attempt, ${freshSql("s")} AS fresh, s.worker_id, w.name AS worker_name, w.host AS worker_host
        FROM stage s JOIN worker w ON w.id = s.worker_id
        WHERE s.status = 'running' AND s.lease_expires_at < clock_timestamp()
        ORDER BY s.id FOR UPDATE OF s SKIP LOCKED
      ), judged AS (
        SELECT e.*,
          jsonb_build_object('kind', 'lost-lease', 'code', 'LEASE_EXPIRED',
            'message', 'The worker ' || worker_name || ' on ' || worker_host || ' stopped reporting') AS failure,
          1 + (SELECT count(*) FROM attempt a
            WHERE a.stage_id = e.id AND a.number > e.fresh
              AND (a.status = 'lost' OR a.failure->>'code' = 'PROCESS_KILLED')) AS takedowns
        FROM expired e
      ), reclaimed AS (
        UPDATE stage SET
          status = (CASE WHEN prune_requested THEN 'pruned' WHEN cancel_requested THEN 'cancelled' WHEN j.takedowns >= $1 THEN 'failed' ELSE 'ready' END)::stage_status,
          failure = CASE WHEN j.takedowns >= $1 AND NOT cancel_requested THEN ${quarantineSql("j.failure", "j.takedowns")} END,
          quarantined_at = CASE WHEN j.takedowns >= $1 AND NOT cancel_requested THEN clock_timestamp() END,
          finished_at = CASE WHEN j.takedowns >= $1 OR cancel_requested THEN clock_timestamp() END,
          progress = CASE WHEN prune_requested OR cancel_requested OR j.takedowns >= $1 THEN progress END,
          lease_expires_at = NULL, cancel_requested = false, prune_requested = false, preempt_requested = false,
          ready_at = clock_timestamp(), waiting_reason = NULL
        FROM judged j WHERE stage.id = j.id AND stage.status = 'running' AND stage.attempt = j.attempt
        RETURNING stage.id, stage.attempt, stage.status, j.failure AS why
      ), lost AS (
        UPDATE attempt SET status = 'lost', finished_at = clock_timestamp(), failure = r.why
        FROM reclaimed r WHERE attempt.stage_id = r.id AND attempt.number = r.attempt
      ) SELECT id AS "stageId", attempt, status, ${notifySql("stage", "id")} FROM reclaimed`,
      [limit],
    );
    await follow(
      client,
      rows.map(({ stageId, status }) => ({ id: stageId, status })),
    );
    return rows.map(({ stageId, attempt, status }) => ({ stageId, attempt, status }));
  });
}

/** The failure of a quarantined stage in SQL; quarantineFailure() of core says the same to workers. */
function quarantineSql(failure: string, takedowns: string): string {
  return `${failure} || jsonb_build_object('code', 'QUARANTINED', 'message',
    'The stage took down ' || ${takedowns} || ' processes or workers and is quarantined; at last: ' || (${failure}->>'message'),
    'fix', '${quarantineFix}')`;
}

/** What stages that stopped running mean for others. */
async function follow(client: PoolClient, ended: readonly { id: string; status: StageStatus }[]): Promise<void> {
  if (ended.length === 0) return;
  const having = (status: StageStatus) => ended.filter((stage) => stage.status === status).map(({ id }) => id);
  const succeeded = having("succeeded");
  const failed = having("failed");
  await readyDependants(client, succeeded);
  if (failed.length > 0) await blockDependants(client, failed);
  await wake(client, having("ready"));
  await settleRunsOf(
    client,
    ended.map(({ id }) => id),
  );
}
