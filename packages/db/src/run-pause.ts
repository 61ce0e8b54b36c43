import type { Pool, PoolClient } from "pg";
import { ConflictError } from "./errors.ts";
import { notifySql } from "./events.ts";
import { lockLiveRun } from "./run-control.ts";
import { settleWishes } from "./run-wishes.ts";
import { transaction } from "./transaction.ts";

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
    await update(client, runId, "paused_at = NULL");
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
