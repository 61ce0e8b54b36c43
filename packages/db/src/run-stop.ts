import type { PoolClient } from "pg";
import { notifySql } from "./events.ts";
import { isLiveSql, settleWishes } from "./run-wishes.ts";

/**
 * Ends live runs before their time, and those of their stages that no other live run needs: waiting ones at once, running ones
 * as soon as their worker hears of it. Belongs into a transaction that has locked no stage or run yet.
 * @returns the runs that it ended; those that had ended before are left alone
 */
export async function stopRuns(
  client: PoolClient,
  runIds: readonly string[],
  ending: "cancelled" | "pruned",
): Promise<string[]> {
  if (runIds.length === 0) return [];
  // Stages first, then runs: the order of all transactions.
  await client.query(
    "SELECT FROM stage WHERE id IN (SELECT stage_id FROM run_stage WHERE run_id = ANY ($1::uuid[])) ORDER BY id FOR UPDATE",
    [runIds],
  );
  await client.query("SELECT FROM run WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE", [runIds]);
  const { rows: stopped } = await client.query<{ id: string }>(
    `WITH stopped AS (
      UPDATE run SET status = $2::run_status, finished_at = clock_timestamp(), error = NULL
      WHERE id = ANY ($1::uuid[]) AND ${isLiveSql} RETURNING id
    ) SELECT id, ${notifySql("run", "id")} FROM stopped`,
    [runIds, ending],
  );
  const ids = stopped.map(({ id }) => id);
  await client.query(
    `WITH own AS (
      SELECT DISTINCT mine.stage_id AS id FROM run_stage mine WHERE mine.run_id = ANY ($1::uuid[]) AND NOT EXISTS (
        SELECT FROM run_stage rs JOIN run ON run.id = rs.run_id WHERE rs.stage_id = mine.stage_id AND ${isLiveSql}
      )
    ), stopped AS (
      UPDATE stage SET status = $2::stage_status, finished_at = clock_timestamp(), waiting_reason = NULL
      FROM own WHERE stage.id = own.id AND stage.status IN ('pending', 'ready') RETURNING stage.id
    ), asked AS (
      UPDATE stage SET cancel_requested = true, prune_requested = $2 = 'pruned'
      FROM own WHERE stage.id = own.id AND stage.status = 'running' RETURNING stage.id
    )
    SELECT ${notifySql("stage", "id")} FROM (SELECT id FROM stopped UNION ALL SELECT id FROM asked) AS changed`,
    [ids, ending],
  );
  const { rows: stages } = await client.query<{ id: string }>(
    "SELECT DISTINCT stage_id AS id FROM run_stage WHERE run_id = ANY ($1::uuid[])",
    [ids],
  );
  // Others may want them less.
  await settleWishes(
    client,
    stages.map(({ id }) => id),
  );
  return ids;
}
