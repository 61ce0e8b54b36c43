import type { PoolClient } from "pg";
import { notifySql } from "./events.ts";
import { wake } from "./outbox.ts";

// What one stage's change means for other stages and for runs. Every function belongs into the transaction of that
// change. All transactions lock stages before runs and each kind in the order of its ids, so that they queue up
// instead of deadlocking; a statement after the lock sees what the transactions before it have committed.

/** Makes pending stages ready whose inputs have all succeeded, with their wake-ups. */
export function readyStages(client: PoolClient, candidates: readonly string[]): Promise<void> {
  return readyAmong(client, "id = ANY ($1::uuid[])", candidates);
}

/** The same for what waits for these stages. */
export function readyDependants(client: PoolClient, succeededIds: readonly string[]): Promise<void> {
  const waitsSql = "id IN (SELECT stage_id FROM stage_input WHERE source_stage_id = ANY ($1::uuid[]))";
  return readyAmong(client, waitsSql, succeededIds);
}

async function readyAmong(client: PoolClient, whichSql: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  // Two inputs of one stage may succeed at the same moment: the second to get this lock sees both.
  const { rows: pending } = await client.query<{ id: string }>(
    `SELECT id FROM stage WHERE ${whichSql} AND status = 'pending' ORDER BY id FOR UPDATE`,
    [ids],
  );
  if (pending.length === 0) return;
  const { rows: readied } = await client.query<{ id: string }>(
    `WITH readied AS (
      UPDATE stage SET status = 'ready', ready_at = clock_timestamp(), waiting_reason = CASE WHEN is_paused THEN 'paused' END
      WHERE id = ANY ($1::uuid[]) AND status = 'pending' AND NOT EXISTS (
        SELECT FROM stage_input i JOIN stage source ON source.id = i.source_stage_id
        WHERE i.stage_id = stage.id AND source.status <> 'succeeded'
      ) RETURNING id
    ) SELECT id, ${notifySql("stage", "id")} FROM readied`,
    [pending.map(({ id }) => id)],
  );
  await wake(
    client,
    readied.map(({ id }) => id),
  );
}

/** Cancels everything downstream of failed stages, saying which one blocks it. */
export async function blockDependants(client: PoolClient, failedIds: readonly string[]): Promise<void> {
  if (failedIds.length === 0) return;
  const { rows: blocked } = await client.query<{ id: string; reason: string }>(
    `WITH RECURSIVE downstream AS (
      SELECT i.stage_id AS id, i.source_stage_id AS cause FROM stage_input i WHERE i.source_stage_id = ANY ($1::uuid[])
      UNION
      SELECT i.stage_id, d.cause FROM stage_input i JOIN downstream d ON i.source_stage_id = d.id
    )
    SELECT s.id, (
      SELECT 'blocked: ' || rs.name || ' failed' FROM downstream d JOIN run_stage rs ON rs.stage_id = d.cause
      WHERE d.id = s.id ORDER BY rs.run_id DESC, rs.position LIMIT 1
    ) AS reason
    FROM stage s WHERE s.id IN (SELECT id FROM downstream) AND s.status IN ('pending', 'ready')
    ORDER BY s.id FOR UPDATE OF s`,
    [failedIds],
  );
  if (blocked.length === 0) return;
  await client.query(
    `WITH blocked AS (
      UPDATE stage SET status = 'cancelled', waiting_reason = b.reason, finished_at = clock_timestamp()
      FROM unnest($1::uuid[], $2::text[]) AS b (id, reason)
      WHERE stage.id = b.id AND stage.status IN ('pending', 'ready') RETURNING stage.id
    ) SELECT ${notifySql("stage", "id")} FROM blocked`,
    [blocked.map(({ id }) => id), blocked.map(({ reason }) => reason)],
  );
}

/** A failed or cancelled stage may be tried again: its attempts from here on have a new budget. A quarantined one is left alone. */
export async function resetStages(client: PoolClient, stageIds: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    `WITH reset AS (
      UPDATE stage SET status = 'pending', budget_start = attempt, failure = NULL, progress = NULL, waiting_reason = NULL,
        cancel_requested = false, prune_requested = false, finished_at = NULL, ready_at = NULL, accumulate = 1
      WHERE id = ANY ($1::uuid[]) AND status IN ('failed', 'cancelled', 'pruned') AND quarantined_at IS NULL RETURNING id
    ) SELECT id, ${notifySql("stage", "id")} FROM reset`,
    [stageIds],
  );
  return rows.map(({ id }) => id);
}

/**
 * Writes the status that the stages of a run give it: what runStatus() of core derives, except that a cancelled or pruned run
 * stays what it is though stages that it shares go on, and that a stage cancelled in a run that nobody cancelled is one
 * that a failure blocks.
 */
const settleSql = `WITH tally AS (
  SELECT rs.run_id,
    count(*) AS stages,
    count(*) FILTER (WHERE s.status = 'succeeded') AS succeeded,
    count(*) FILTER (WHERE s.status IN ('failed', 'cancelled')) AS failed,
    count(*) FILTER (WHERE s.status = 'pruned') AS pruned,
    count(*) FILTER (WHERE s.status = 'running') AS running,
    count(*) FILTER (WHERE s.status IN ('ready', 'running')) AS active,
    count(*) FILTER (WHERE s.status IN ('pending', 'ready', 'running')) AS live,
    min(s.started_at) AS started_at,
    (array_agg(s.failure || jsonb_build_object('stageName', rs.name) ORDER BY s.finished_at) FILTER (WHERE s.status = 'failed'))[1] AS error
  FROM run_stage rs JOIN stage s ON s.id = rs.stage_id
  WHERE rs.run_id = ANY ($1::uuid[]) GROUP BY rs.run_id
), derived AS (
  SELECT *, (CASE
    WHEN failed > 0 THEN 'failed'
    WHEN succeeded = stages THEN 'succeeded'
    WHEN pruned > 0 AND active = 0 THEN 'pruned'
    WHEN running > 0 OR succeeded > 0 THEN 'running'
    ELSE 'queued'
  END)::run_status AS status FROM tally
), changed AS (
  UPDATE run SET
    status = d.status,
    error = CASE WHEN d.status = 'failed' THEN coalesce(d.error, run.error) END,
    started_at = CASE WHEN d.status <> 'queued' THEN coalesce(run.started_at, clock_timestamp()) ELSE run.started_at END,
    finished_at = CASE WHEN d.status IN ('succeeded', 'pruned') OR (d.status = 'failed' AND d.live = 0)
      THEN coalesce(run.finished_at, clock_timestamp()) END
  FROM derived d WHERE run.id = d.run_id AND run.status NOT IN ('cancelled', 'pruned')
    AND (run.status <> d.status OR d.status = 'failed')
  RETURNING run.id
) SELECT ${notifySql("run", "id")} FROM changed`;

/** Settles every run that has one of these stages. */
export async function settleRunsOf(client: PoolClient, stageIds: readonly string[]): Promise<void> {
  const { rows: runs } = await client.query<{ id: string }>(
    `SELECT id FROM run WHERE id IN (SELECT run_id FROM run_stage WHERE stage_id = ANY ($1::uuid[]))
     ORDER BY id FOR UPDATE`,
    [stageIds],
  );
  if (runs.length > 0) await client.query(settleSql, [runs.map(({ id }) => id)]);
}
