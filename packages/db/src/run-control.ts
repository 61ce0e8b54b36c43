import type { RunStatus } from "@retort/core";
import type { Pool, PoolClient } from "pg";
import { ConflictError, NotFoundError } from "./errors.ts";
import { notifySql } from "./events.ts";
import { stopRuns } from "./run-stop.ts";
import { isLiveSql, settleWishes } from "./run-wishes.ts";
import { standstillSql } from "./standstill.ts";
import { transaction } from "./transaction.ts";
import { readyStages, resetStages, settleRunsOf } from "./transitions.ts";

interface LockedRun {
  status: RunStatus;
  isLive: boolean;
  isPaused: boolean;
  stageIds: string[];
}

/** Stages first, then the run: the order of all transactions. @throws NotFoundError */
export async function lockRun(client: PoolClient, runId: string): Promise<LockedRun> {
  const { rows: stages } = await client.query<{ id: string }>(
    "SELECT id FROM stage WHERE id IN (SELECT stage_id FROM run_stage WHERE run_id = $1) ORDER BY id FOR UPDATE",
    [runId],
  );
  const { rows } = await client.query<{ status: RunStatus; isLive: boolean; isPaused: boolean }>(
    `SELECT status, ${isLiveSql} AS "isLive", paused_at IS NOT NULL AS "isPaused" FROM run WHERE id = $1 FOR UPDATE`,
    [runId],
  );
  if (rows[0] === undefined) throw new NotFoundError("run", runId);
  return { ...rows[0], stageIds: stages.map(({ id }) => id) };
}

/** As lockRun(). @throws NotFoundError, ConflictError when the run has ended */
export async function lockLiveRun(client: PoolClient, runId: string): Promise<LockedRun> {
  const run = await lockRun(client, runId);
  if (run.isLive) return run;
  throw new ConflictError({
    message: "The run has ended",
    expected: "a queued or running run",
    got: run.status,
    where: `run ${runId}`,
  });
}

/** See Runs.cancel. */
export function cancelRun(pool: Pool, runId: string): Promise<void> {
  return transaction(pool, async (client) => {
    const { status } = await lockRun(client, runId);
    if (status === "cancelled") return;
    await lockLiveRun(client, runId);
    await stopRuns(client, [runId], "cancelled");
  });
}

/** See Runs.retry. */
export function retryRun(pool: Pool, runId: string): Promise<void> {
  return transaction(pool, async (client) => {
    const { status, stageIds } = await lockRun(client, runId);
    if (status !== "failed" && status !== "cancelled" && status !== "pruned") {
      throw new ConflictError({
        message: "There is nothing to retry",
        expected: "a failed, cancelled or pruned run",
        got: status,
        where: `run ${runId}`,
      });
    }
    await refuseQuarantined(client, stageIds);
    await resetStages(client, stageIds);
    // Those that were asked to stop and have not yet stopped.
    await client.query(
      "UPDATE stage SET cancel_requested = false, prune_requested = false WHERE id = ANY ($1::uuid[]) AND cancel_requested",
      [stageIds],
    );
    await readyStages(client, stageIds);
    await client.query(
      `UPDATE run SET status = 'queued', error = NULL, finished_at = NULL, paused_at = NULL,
         paused_seconds = paused_seconds + ${standstillSql("coalesce(paused_at, finished_at)", "started_at")} WHERE id = $1`,
      [runId],
    );
    await settleWishes(client, stageIds);
    await settleRunsOf(client, stageIds);
    await client.query(`SELECT ${notifySql("run", "$1::text")}`, [runId]);
  });
}

/** @throws ConflictError naming the stage: another try of the whole run is not meant to take down more workers */
async function refuseQuarantined(client: PoolClient, stageIds: readonly string[]): Promise<void> {
  const { rows } = await client.query<{ id: string; message: string | null }>(
    "SELECT id, failure->>'message' AS message FROM stage WHERE id = ANY ($1::uuid[]) AND quarantined_at IS NOT NULL",
    [stageIds],
  );
  if (rows[0] === undefined) return;
  throw new ConflictError({
    message: "A stage of the run is quarantined",
    expected: "stages that may be tried again",
    got: rows[0].message ?? "quarantined",
    where: `stage ${rows[0].id}`,
    fix: "`retort release <run>` once its cause is known",
  });
}
