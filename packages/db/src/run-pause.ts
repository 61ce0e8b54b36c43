import type { Pool, PoolClient } from "pg";
import { ConflictError } from "./errors.ts";
import { notifySql } from "./events.ts";
import { lockLiveRun } from "./run-control.ts";
import { isLiveSql, settleWishes } from "./run-wishes.ts";
import { standstillSql } from "./standstill.ts";
import { transaction } from "./transaction.ts";

const goOnSql = `paused_at = NULL, paused_seconds = paused_seconds + ${standstillSql("paused_at", "started_at")}`;

/** See Runs.pause. */
export function pauseRun(pool: Pool, runId: string): Promise<void> {
  return transaction(pool, async (client) => {
    const { isPaused, stageIds } = await lockLiveRun(client, runId);
    if (isPaused) throw conflict(runId, { message: "The run is paused already", expected: "a run that goes on" });
    await update(client, runId, "paused_at = clock_timestamp()");
    await settleWishes(client, stageIds);
  });
}

/** See Runs.resume. */
export function resumeRun(pool: Pool, runId: string): Promise<void> {
  return transaction(pool, async (client) => {
    const { isPaused, stageIds } = await lockLiveRun(client, runId);
    if (!isPaused) throw conflict(runId, { message: "The run is not paused", expected: "a paused run" });
    await update(client, runId, goOnSql);
    await settleWishes(client, stageIds);
  });
}

/** See Runs.setPriority. */
export function setRunPriority(pool: Pool, runId: string, priority: number): Promise<void> {
  return transaction(pool, async (client) => {
    const { stageIds } = await lockLiveRun(client, runId);
    await update(client, runId, "priority = $2", priority);
    await settleWishes(client, stageIds);
  });
}

/** Pauses those of the runs that are live and go on. Belongs into a transaction that has locked no stage or run yet. */
export function pauseRuns(client: PoolClient, runIds: readonly string[]): Promise<void> {
  return updateMany(client, runIds, { assignment: "paused_at = clock_timestamp()", condition: "paused_at IS NULL" });
}

/** Lets those of the runs go on that are paused. Belongs into a transaction that has locked no stage or run yet. */
export function resumeRuns(client: PoolClient, runIds: readonly string[]): Promise<void> {
  return updateMany(client, runIds, { assignment: goOnSql, condition: "paused_at IS NOT NULL" });
}

/** Gives those of the runs that are live this priority. Belongs into a transaction that has locked no stage or run yet. */
export function prioritizeRuns(client: PoolClient, runIds: readonly string[], priority: number): Promise<void> {
  return updateMany(client, runIds, { assignment: "priority = $2", condition: "priority <> $2", values: [priority] });
}

interface Change {
  assignment: string;
  condition: string;
  /** $2 and so on of the two. */
  values?: readonly unknown[];
}

async function updateMany(
  client: PoolClient,
  runIds: readonly string[],
  { assignment, condition, values = [] }: Change,
): Promise<void> {
  if (runIds.length === 0) return;
  const { rows: stages } = await client.query<{ id: string }>(
    "SELECT id FROM stage WHERE id IN (SELECT stage_id FROM run_stage WHERE run_id = ANY ($1::uuid[])) ORDER BY id FOR UPDATE",
    [runIds],
  );
  await client.query("SELECT FROM run WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE", [runIds]);
  await client.query(
    `WITH changed AS (
      UPDATE run SET ${assignment} WHERE id = ANY ($1::uuid[]) AND ${isLiveSql} AND ${condition} RETURNING id
    ) SELECT ${notifySql("run", "id")} FROM changed`,
    [runIds, ...values],
  );
  await settleWishes(
    client,
    stages.map(({ id }) => id),
  );
}

async function update(client: PoolClient, runId: string, assignment: string, ...values: unknown[]): Promise<void> {
  await client.query(
    `WITH changed AS (UPDATE run SET ${assignment} WHERE id = $1 RETURNING id)
     SELECT ${notifySql("run", "id")} FROM changed`,
    [runId, ...values],
  );
}

function conflict(runId: string, { message, expected }: { message: string; expected: string }): ConflictError {
  const got = message.includes("not") ? "a run that goes on" : "a paused run";
  return new ConflictError({ message, expected, got, where: `run ${runId}` });
}
