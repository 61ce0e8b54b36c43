import type { SweepStatus } from "@retort/core";
import type { Pool, PoolClient } from "pg";
import { ConflictError } from "./errors.ts";
import { notifySql } from "./events.ts";
import { pauseRuns, prioritizeRuns, resumeRuns } from "./run-pause.ts";
import { stopRuns } from "./run-stop.ts";
import { standstillSql } from "./standstill.ts";
import { lockSweep } from "./sweep-rows.ts";
import { transaction } from "./transaction.ts";

/** See Sweeps.pause. */
export function pauseSweep(pool: Pool, id: string, running: "finish" | "stop"): Promise<void> {
  return transaction(pool, async (client) => {
    await requireStatus(client, id, ["running"]);
    await setStatus(client, id, "paused");
    const started = running === "stop" ? "true" : "r.status = 'queued'";
    await pauseRuns(client, await runIds(client, id, `r.paused_at IS NULL AND ${started}`));
  });
}

/** See Sweeps.resume. */
export function resumeSweep(pool: Pool, id: string): Promise<void> {
  return transaction(pool, async (client) => {
    await requireStatus(client, id, ["paused"]);
    await setStatus(client, id, "running");
    // Those that wait for a promotion go on waiting.
    await resumeRuns(client, await runIds(client, id, "r.paused_at IS NOT NULL AND t.stopped_at_step IS NULL"));
  });
}

/** See Sweeps.cancel. */
export function cancelSweep(pool: Pool, id: string): Promise<void> {
  return transaction(pool, async (client) => {
    const { status } = await lockSweep(client, id);
    if (status === "cancelled") return;
    await requireStatus(client, id, ["running", "paused", "failed"]);
    // A search that could not go on stays failed and says why; its trials end here.
    if (status !== "failed") await setStatus(client, id, "cancelled");
    await stopRuns(client, await runIds(client, id, "true"), "cancelled");
  });
}

/** See Sweeps.setPriority. */
export function setSweepPriority(pool: Pool, id: string, priority: number): Promise<void> {
  return transaction(pool, async (client) => {
    await requireStatus(client, id, ["running", "paused"]);
    await client.query(`UPDATE sweep SET priority = $2 WHERE id = $1 RETURNING ${notifySql("sweep", "id")}`, [
      id,
      priority,
    ]);
    await prioritizeRuns(client, await runIds(client, id, "true"), priority);
  });
}

export interface SweepExtension {
  /** Further points, from the same sampler. */
  points?: number | undefined;
  /** Seeds that every point gets, those before and those to come. */
  seeds?: readonly number[] | undefined;
}

/** See Sweeps.extend. */
export function extendSweep(pool: Pool, id: string, { points = 0, seeds = [] }: SweepExtension): Promise<void> {
  return transaction(pool, async (client) => {
    const { search, status } = await requireStatus(client, id, ["running", "paused", "finished"]);
    const newSeeds = seeds.filter((seed) => !search.space.seeds.includes(seed));
    if (points === 0 && newSeeds.length === 0) {
      throw conflict(id, {
        message: "There is nothing to add",
        expected: "more points, or seeds that it lacks",
        got: "neither",
      });
    }
    if (points > 0 && search.maxPoints === null) {
      throw conflict(id, {
        message: "The grid has all of its points",
        expected: "more seeds",
        got: `${points} more points`,
      });
    }
    if (search.population !== null && newSeeds.length > 0) {
      throw conflict(id, {
        message: "A population has one seed",
        expected: "more points",
        got: `seeds ${newSeeds.join(", ")}`,
      });
    }
    const extended = {
      ...search,
      maxPoints: search.maxPoints === null ? null : search.maxPoints + points,
      space: { ...search.space, seeds: [...search.space.seeds, ...newSeeds] },
    };
    await client.query("UPDATE sweep SET search = $2::json, is_complete = false WHERE id = $1", [
      id,
      JSON.stringify(extended),
    ]);
    await setStatus(client, id, status === "paused" ? "paused" : "running");
  });
}

async function requireStatus(client: PoolClient, id: string, allowed: readonly SweepStatus[]) {
  const sweep = await lockSweep(client, id);
  if (allowed.includes(sweep.status)) return sweep;
  throw conflict(id, {
    message: `The sweep is ${sweep.status}`,
    expected: `one that is ${allowed.join(" or ")}`,
    got: sweep.status,
  });
}

async function setStatus(client: PoolClient, id: string, status: SweepStatus): Promise<void> {
  await client.query(
    `UPDATE sweep SET status = $2::sweep_status,
       finished_at = CASE WHEN $2 IN ('cancelled', 'finished') THEN clock_timestamp() WHEN $2 = 'running' THEN NULL ELSE finished_at END,
       paused_at = CASE WHEN $2 = 'paused' THEN coalesce(paused_at, clock_timestamp()) WHEN $2 = 'running' THEN NULL ELSE paused_at END,
       paused_seconds = paused_seconds + CASE WHEN $2 = 'running'
         THEN ${standstillSql("coalesce(paused_at, finished_at)", "created_at")} ELSE 0 END
     WHERE id = $1 RETURNING ${notifySql("sweep", "id")}`,
    [id, status],
  );
}

async function runIds(client: PoolClient, sweepId: string, condition: string): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    `SELECT r.id FROM trial t JOIN run r ON r.id = t.run_id
     WHERE t.sweep_id = $1 AND (r.status IN ('queued', 'running') OR r.finished_at IS NULL) AND ${condition}`,
    [sweepId],
  );
  return rows.map(({ id }) => id);
}

function conflict(id: string, details: { message: string; expected: string; got: string }): ConflictError {
  return new ConflictError({ ...details, where: `sweep ${id}` });
}
