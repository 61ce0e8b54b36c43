import type { PlannedStage } from "@retort/core";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { createDatabase, type Database } from "./database.ts";
import { ConflictError, LostLeaseError } from "./errors.ts";
import { createTestDatabase } from "./testing.ts";
import { launch, plannedStage, testWorker } from "./testing-fixtures.ts";

let db: Database;

beforeAll(async () => {
  db = createDatabase({ url: await createTestDatabase(inject("postgresUrl")), poolSize: 16 });
});
afterAll(() => db.close());

/** Short, so that leases are lost, and long enough for a busy machine to keep most of them. */
const leaseMs = 100;

/** Random numbers that a failure can be repeated with, though not the order in which the database serves its clients. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A run of three to eight stages out of forty that all runs share; each stage's inputs are fixed by its number. */
function randomStages(next: () => number): PlannedStage[] {
  const stages = new Map<number, PlannedStage>();
  const add = (n: number): PlannedStage => {
    const known = stages.get(n);
    if (known !== undefined) return known;
    const sources = n < 8 ? [] : [...new Set([n % 7, (n * 3) % 8, Math.floor(n / 2)])];
    const stage = plannedStage(`s${n}`, { after: sources.map(add) });
    stages.set(n, stage);
    return stage;
  };
  for (let i = 0; i < 3; i++) add(Math.floor(next() * 40));
  return [...stages.values()];
}

it("a storm of launches, failures, lost leases, cancellations and retries ends in order", {
  timeout: 120_000,
}, async () => {
  const next = random(20261123);
  const runIds: string[] = [];
  let calm = false;
  let accepted = 0;
  let refused = 0;
  const expected = (error: unknown) => {
    if (!(error instanceof LostLeaseError || error instanceof ConflictError)) throw error;
    if (error instanceof LostLeaseError) refused++;
  };

  async function user(): Promise<void> {
    for (let i = 0; i < 12; i++) {
      runIds.push(await launch(db, randomStages(next), { seed: i }));
      const other = runIds[Math.floor(next() * runIds.length)]!;
      const dice = next();
      if (dice < 0.3) await db.runs.cancel(other).catch(expected);
      else if (dice < 0.6) await db.runs.retry(other).catch(expected);
    }
  }

  async function worker(): Promise<void> {
    const { id: workerId } = await db.workers.register(testWorker);
    for (;;) {
      const stage = await db.stages.claim({ workerId, capabilities: testWorker, leaseMs });
      if (stage === null) {
        if (calm) return;
        await new Promise((done) => setTimeout(done, 5));
        continue;
      }
      const { fence } = stage;
      const dice = calm ? 1 : next();
      try {
        await db.metrics.write(fence, [{ key: "loss", step: stage.attempt, value: 1 }]);
        const sha256 = `${stage.id}-${stage.attempt}`;
        await db.artifacts.record(fence, { name: "model", kind: "test", sha256, sizeBytes: 1 });
        // Killed: it never reports again.
        if (dice < 0.1) continue;
        // Stopped for longer than its lease: it goes on as if nothing had been, and finishes before it asks.
        const isLate = dice < 0.25;
        if (isLate) await new Promise((done) => setTimeout(done, 1.5 * leaseMs));
        else if ((await db.stages.heartbeat(fence, { leaseMs: calm ? 60_000 : leaseMs })).cancelRequested) {
          await db.stages.cancelled(fence);
          continue;
        }
        const failure = { kind: "infrastructure" as const, code: "STORM", message: "the storm" };
        if (!isLate && dice < 0.35) await db.stages.fail(fence, failure, { retry: dice < 0.3, delayMs: 0 });
        else {
          await db.stages.succeed(fence);
          accepted++;
        }
      } catch (error) {
        expected(error);
      }
    }
  }

  async function reconciler(): Promise<void> {
    while (!calm) {
      await db.stages.reclaimExpired({ takedownLimit: 1_000 });
      await new Promise((done) => setTimeout(done, 10));
    }
  }

  const workers = Array.from({ length: 5 }, worker);
  const reconcilers = [reconciler(), reconciler()];
  await Promise.all([user(), user(), user()]);
  calm = true;
  await Promise.all([...workers, ...reconcilers]);
  // What is left: stages whose workers were killed last.
  for (;;) {
    await db.pool.query("UPDATE stage SET lease_expires_at = now() - interval '1 s' WHERE status = 'running'");
    if ((await db.stages.reclaimExpired({ takedownLimit: 1_000 })).length === 0) break;
    await worker();
  }

  const counts = await db.stages.countByStatus();
  expect(counts).toMatchObject({ pending: 0, ready: 0, running: 0 });
  expect(counts.succeeded).toBe(accepted);

  const { rows: twice } = await db.pool.query(
    `SELECT s.id FROM stage s WHERE (SELECT count(*) FROM attempt a WHERE a.stage_id = s.id AND a.status = 'succeeded')
       <> (CASE s.status WHEN 'succeeded' THEN 1 ELSE 0 END)
     OR EXISTS (SELECT FROM attempt a WHERE a.stage_id = s.id AND (a.status = 'running' OR a.finished_at IS NULL))
     OR (SELECT count(*) FROM attempt a WHERE a.stage_id = s.id) <> s.attempt`,
  );
  expect(twice).toEqual([]);
  const { rows: early } = await db.pool.query(
    `SELECT s.id FROM stage s JOIN stage_input i ON i.stage_id = s.id JOIN stage source ON source.id = i.source_stage_id
     WHERE s.attempt > 0 AND source.status <> 'succeeded'`,
  );
  expect(early).toEqual([]);
  const { rows: late } = await db.pool.query(
    `SELECT s.id FROM stage s JOIN artifact a ON a.stage_id = s.id WHERE s.status = 'succeeded' AND a.attempt <> s.attempt`,
  );
  expect(late).toEqual([]);

  for (const id of runIds) {
    const run = await db.runs.get(id);
    const stages = run!.stages.map(({ status }) => status);
    const derived = stages.every((status) => status === "succeeded") ? "succeeded" : "failed";
    if (run!.status !== "cancelled") expect([id, run!.status, ...stages]).toEqual([id, derived, ...stages]);
    expect(run!.finishedAt).toBeInstanceOf(Date);
  }
  const byStatus = await db.runs.countByStatus();
  expect(byStatus).toMatchObject({ queued: 0, running: 0 });
  // The storm was one. How many runs it left whole depends on how fast the machine is.
  expect(byStatus.cancelled).toBeGreaterThan(0);
  expect(accepted).toBeGreaterThan(0);
  expect(refused).toBeGreaterThan(0);
});
