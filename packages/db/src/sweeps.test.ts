import { checkSearch, type SearchInput } from "@retort/core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { createDatabase, type Database } from "./database.ts";
import { ConflictError } from "./errors.ts";
import type { SweepInput } from "./sweeps.ts";
import { createTestDatabase } from "./testing.ts";
import { testWorker } from "./testing-fixtures.ts";

let db: Database;
let projectId: string;
let workerId: string;

beforeAll(async () => {
  db = createDatabase({ url: await createTestDatabase(inject("postgresUrl")), poolSize: 12 });
  projectId = (await db.projects.ensure({ slug: "demo", name: "Demo" })).id;
  workerId = (await db.workers.register(testWorker)).id;
});
afterAll(() => db.close());

const fingerprint = async () => "data";
const steps = { type: "int", min: 1, max: 6 } as const;

async function launch(search: Partial<SearchInput>, options: Partial<SweepInput> = {}): Promise<string> {
  const { id } = await db.sweeps.create({
    ...{ projectId, name: "sweep", recipe: "diagnostic", params: { load: "idle", stepMs: 0 }, priority: 0 },
    search: checkSearch({ space: { parameters: { steps } }, ...search }),
    objective: { metric: "loss", dataset: null, condition: "full", stage: null },
    ...{ watch: null, maxConcurrentRuns: null, ...options },
  });
  await db.sweeps.advance({ fingerprint, sweepId: id });
  return id;
}

async function trialsOf(id: string) {
  return db.sweeps.trials((await db.sweeps.get(id))!);
}

/** Executes whatever is ready, in the database's order, until nothing is: each work reports `loss` at its steps. */
async function work(lossOf: (params: Record<string, unknown>, step: number) => number, until = () => false) {
  for (;;) {
    const stage = await db.stages.claim({ workerId, capabilities: testWorker, leaseMs: 60_000 });
    if (stage === null || until()) return;
    const numSteps = stage.kind === "diagnostic" ? Number(stage.params.steps) : 0;
    const points = Array.from({ length: numSteps }, (_, index) => ({
      key: "loss",
      step: index + 1,
      value: lossOf(stage.params, index + 1),
    }));
    await db.metrics.write(stage.fence, points);
    for (const name of ["report", "checks"])
      await db.artifacts.record(stage.fence, { name, kind: "json", sha256: stage.id, sizeBytes: 1 });
    await db.stages.succeed(stage.fence);
  }
}

describe("a grid", () => {
  it("has every point once with every seed, in one go, and shares stages", async () => {
    const id = await launch({ space: { parameters: { steps }, seeds: [0, 1] } });
    const trials = await trialsOf(id);
    expect(trials.map(({ number, point, seed }) => [number, point.steps, seed])).toEqual(
      [1, 2, 3, 4, 5, 6].flatMap((n, index) => [0, 1].map((seed) => [2 * index + seed, n, seed])),
    );
    expect(new Set(trials.map(({ status }) => status))).toEqual(new Set(["pending"]));
    await work(() => 1);
    await db.sweeps.advance({ fingerprint });
    expect(await db.sweeps.get(id)).toMatchObject({ status: "finished", isComplete: true });
    expect((await trialsOf(id)).every(({ value, status }) => value === 1 && status === "succeeded")).toBe(true);
  });

  it("keeps to its room, and comes once although many ask at once and connections break", async () => {
    const id = await launch(
      { space: { parameters: { steps: { ...steps, max: 20 } }, seeds: [0, 1, 2] } },
      { maxConcurrentRuns: 7 },
    );
    expect(await trialsOf(id)).toHaveLength(7);
    const ask = async () => {
      for (let i = 0; i < 12; i++) await db.sweeps.advance({ fingerprint, sweepId: id }).catch(() => {});
    };
    const breakConnections = async () => {
      for (let i = 0; i < 5; i++) {
        await new Promise((done) => setTimeout(done, 30));
        await db.pool.query(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'",
        );
      }
    };
    const workers = async () => {
      for (let i = 0; i < 40; i++) {
        await work(() => 1).catch(() => {});
        await new Promise((done) => setTimeout(done, 10));
      }
    };
    await Promise.all([ask(), ask(), ask(), workers(), breakConnections()]);
    while ((await db.sweeps.get(id))!.status === "running") {
      await db.pool.query("UPDATE stage SET lease_expires_at = now() - interval '1 s' WHERE status = 'running'");
      await db.stages.reclaimExpired();
      await work(() => 1);
      await db.sweeps.advance({ fingerprint, sweepId: id });
    }
    const trials = await trialsOf(id);
    expect(trials).toHaveLength(60);
    expect(new Set(trials.map(({ pointKey, seed }) => `${pointKey} ${seed}`)).size).toBe(60);
    expect(trials.map(({ number }) => number)).toEqual(Array.from({ length: 60 }, (_, number) => number));
    expect(trials.every(({ status }) => status === "succeeded")).toBe(true);
  }, 180_000);

  it("makes a failed trial of a point that the recipe refuses, and goes on", async () => {
    const id = await launch({
      space: { parameters: { steps, memoryMb: { type: "choice", values: [64, 1] } } },
    });
    const trials = await trialsOf(id);
    expect(trials.filter(({ runId }) => runId === null)).toHaveLength(6);
    expect(trials.find(({ runId }) => runId === null)).toMatchObject({
      status: "failed",
      failure: { code: "BAD_PARAMS" },
    });
    await db.sweeps.cancel(id);
    expect((await trialsOf(id)).filter(({ status }) => status === "cancelled")).toHaveLength(6);
    await expect(db.sweeps.pause(id)).rejects.toThrow(ConflictError);
  });
});

describe("a sweep in somebody's hands", () => {
  it("pauses what waits, goes on, and takes more points and seeds", async () => {
    const space = { parameters: { steps: { ...steps, max: 90 } } };
    const id = await launch({ sampler: { kind: "sobol" }, maxPoints: 3, space }, { params: { printLines: 1 } });
    await db.sweeps.pause(id);
    expect((await trialsOf(id)).map(({ status }) => status)).toEqual(["paused", "paused", "paused"]);
    expect(await db.stages.claim({ workerId, capabilities: testWorker, leaseMs: 1_000 })).toBeNull();
    await db.sweeps.extend(id, { points: 2, seeds: [5] });
    await db.sweeps.advance({ fingerprint });
    expect(await trialsOf(id)).toHaveLength(3);
    await db.pool.query(
      "UPDATE sweep SET created_at = created_at - interval '1 h', paused_at = paused_at - interval '30 min'",
    );
    await db.sweeps.resume(id);
    const { pausedAt, pausedSeconds } = (await db.sweeps.get(id))!;
    expect([pausedAt, Math.floor(pausedSeconds)]).toEqual([null, 1800]);
    await db.sweeps.advance({ fingerprint });
    expect((await trialsOf(id)).map(({ seed }) => seed).sort()).toEqual([0, 0, 0, 0, 0, 5, 5, 5, 5, 5]);
    await work(() => 1);
    await db.sweeps.advance({ fingerprint });
    expect((await db.sweeps.get(id))!.status).toBe("finished");
    await expect(db.sweeps.extend(id, { seeds: [0] })).rejects.toThrow(ConflictError);
    await db.sweeps.extend(id, { points: 1 });
    await db.sweeps.advance({ fingerprint });
    expect(await db.sweeps.get(id)).toMatchObject({ status: "running", isComplete: true, finishedAt: null });
    await db.sweeps.cancel(id);
  });

  it("hands its priority on to live trials and to those that come later", async () => {
    const id = await launch({ sampler: { kind: "grid" } }, { maxConcurrentRuns: 2, params: { printLines: 2 } });
    await db.sweeps.setPriority(id, 7);
    const priorities = async () => {
      const runs = await Promise.all((await trialsOf(id)).map(({ runId }) => db.runs.get(runId!)));
      return runs.map((run) => run!.priority);
    };
    expect(await priorities()).toEqual([7, 7]);
    const first = await db.stages.claim({ workerId, capabilities: testWorker, leaseMs: 60_000 });
    expect(first).toMatchObject({ priority: 7 });
    await db.runs.cancel(first!.runIds[0]!);
    await db.stages.cancelled(first!.fence);
    await db.sweeps.advance({ fingerprint });
    expect(await priorities()).toEqual([7, 7, 7]);
    await db.sweeps.cancel(id);
    await expect(db.sweeps.setPriority(id, 0)).rejects.toThrow(ConflictError);
    expect((await db.sweeps.get(id))!.priority).toBe(7);
  });
});
