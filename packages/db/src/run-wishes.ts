import type { PoolClient } from "pg";
import { notifySql } from "./events.ts";
import { wake } from "./outbox.ts";

/** A run that waits for stages. A failed one may: its other branches go on. */
export const isLiveSql = "(run.status IN ('queued', 'running') OR (run.status = 'failed' AND run.finished_at IS NULL))";

/**
 * What the live runs together want of stages that they share: a stage is as urgent as the most urgent of them, and paused when all
 * of them are. One that is no longer paused is woken; one that runs and is paused now is asked to give way. Belongs into the
 * transaction that changed a run, with the stages locked.
 */
export async function settleWishes(client: PoolClient, stageIds: readonly string[]): Promise<void> {
  const { rows } = await client.query<{ id: string; isWaiting: boolean }>(
    `WITH wish AS (
      SELECT rs.stage_id AS id, max(run.priority) AS priority, bool_and(run.paused_at IS NOT NULL) AS is_paused
      FROM run_stage rs JOIN run ON run.id = rs.run_id
      WHERE rs.stage_id = ANY ($1::uuid[]) AND ${isLiveSql} GROUP BY rs.stage_id
    ), changed AS (
      UPDATE stage SET priority = w.priority, is_paused = w.is_paused,
        preempt_requested = stage.status = 'running' AND w.is_paused,
        waiting_reason = CASE WHEN w.is_paused = stage.is_paused THEN stage.waiting_reason WHEN w.is_paused THEN 'paused' END
      FROM wish w WHERE stage.id = w.id AND stage.status IN ('pending', 'ready', 'running')
        AND (stage.priority <> w.priority OR stage.is_paused <> w.is_paused)
      RETURNING stage.id, stage.status = 'ready' AND NOT stage.is_paused AS is_waiting
    ) SELECT id, is_waiting AS "isWaiting", ${notifySql("stage", "id")} FROM changed`,
    [stageIds],
  );
  await wake(
    client,
    rows.filter(({ isWaiting }) => isWaiting).map(({ id }) => id),
  );
}
