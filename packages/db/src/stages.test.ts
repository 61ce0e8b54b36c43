import { takedownLimit } from "@retort/core";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { createDatabase, type Database } from "./database.ts";
import { waitingReason } from "./stage-waiting.ts";
import { createTestDatabase } from "./testing.ts";
import { claimed, finish, launch, passTime, plannedStage, statuses, testWorker } from "./testing-fixtures.ts";

let db: Database;
let workerId: string;
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

beforeAll(async () => {
  db = createDatabase({ url: await createTestDatabase(inject("postgresUrl")), poolSize: 20 });
});
afterAll(() => db.close());
beforeEach(async () => {
  await db.pool.query("TRUNCATE project, stage, worker, outbox CASCADE");
  workerId = (await db.workers.register(testWorker)).id;
});

const many = (count: number) => Array.from({ length: count }, (_, i) => plannedStage(`stage-${i}`));

describe("claim", () => {
  it("gives a stage to one of twenty workers that ask at once", async () => {
    await launch(db, [plannedStage("only")]);
    const claims = await Promise.all(
      Array.from({ length: 20 }, () => db.stages.claim({ workerId, capabilities: testWorker, leaseMs: 1000 })),
    );
    const taken = claims.filter((claim) => claim !== null);
    expect(taken).toHaveLength(1);
    expect(taken[0]).toMatchObject({ attempt: 1, kind: "test", params: { name: "only" }, checkpoint: null });
    expect((await db.attempts.forStage(taken[0]!.id)).map(({ number, status }) => [number, status])).toEqual([
      [1, "running"],
    ]);
  });

  it("gives thirty stages to ten workers, each once", async () => {
    await launch(db, many(30));
    const work = async () => {
      const ids: string[] = [];
      for (;;) {
        const stage = await db.stages.claim({ workerId, capabilities: testWorker, leaseMs: 10_000 });
        if (stage === null) return ids;
        ids.push(stage.id);
      }
    };
    const ids = (await Promise.all(Array.from({ length: 10 }, work))).flat();
    expect(ids).toHaveLength(30);
    expect(new Set(ids).size).toBe(30);
  });

  it("passes over what the worker cannot run", async () => {
    await launch(db, [
      plannedStage("gpu", { resources: { device: "cuda" } }),
      plannedStage("wide", { resources: { threads: 8 } }),
      plannedStage("big", { resources: { memoryBytes: 2 ** 40 } }),
      plannedStage("fits"),
    ]);
    expect((await claimed(db, { workerId })).params).toEqual({ name: "fits" });
    await expect(claimed(db, { workerId })).rejects.toThrow("no stage to claim");
    const large = { devices: ["cpu", "cuda"], threads: 8, memoryBytes: 2 ** 40 };
    expect(await db.stages.claim({ workerId, capabilities: large, leaseMs: 1000 })).not.toBeNull();
  });

  it("takes the most urgent first, and a certain one on demand", async () => {
    const { id: projectId } = await db.projects.ensure({ slug: "demo", name: "Demo" });
    const run = { projectId, recipe: "test", params: {}, seed: 0, name: "run", configKey: "c" };
    await db.runs.create({ ...run, stages: [plannedStage("late"), plannedStage("wanted")] });
    await db.runs.create({ ...run, stages: [plannedStage("urgent")], priority: 5 });
    // A reused stage takes over the higher priority.
    const { id } = await db.runs.create({ ...run, stages: [plannedStage("wanted")], priority: 9 });
    expect((await claimed(db, { workerId })).params).toEqual({ name: "wanted" });
    expect((await claimed(db, { workerId })).params).toEqual({ name: "urgent" });
    await expect(claimed(db, { workerId, runId: id, name: "wanted" })).rejects.toThrow(
      "no stage to claim named wanted",
    );
    expect((await claimed(db, { workerId })).params).toEqual({ name: "late" });
  });

  it("fails a stage whose input was never left, and goes on to the next", async () => {
    const source = plannedStage("source");
    const id = await launch(db, [source, plannedStage("broken", { after: [source] })]);
    await db.stages.succeed((await claimed(db, { workerId })).fence);
    const other = await launch(db, [plannedStage("fine")]);
    expect((await claimed(db, { workerId })).params).toEqual({ name: "fine" });
    expect(await db.runs.get(id)).toMatchObject({
      status: "failed",
      error: { code: "MISSING_ARTIFACT", stageName: "broken", where: 'input "source"' },
    });
    expect(await statuses(db, other)).toEqual({ fine: "running" });
  });
});

describe("a lease", () => {
  it("that runs out gives the stage to the next worker; every write of the first is refused", async () => {
    const id = await launch(db, [plannedStage("train"), plannedStage("other")]);
    const zombie = await claimed(db, { workerId, runId: id, name: "train" });
    await db.metrics.write(zombie.fence, [{ key: "loss", step: 1, value: 3 }]);
    await db.checkpoints.record(zombie.fence, { step: 1, sha256: "state-1", sizeBytes: 10 });
    expect(await db.stages.reclaimExpired()).toEqual([]);
    await db.outbox.take(10);
    await db.pool.query("UPDATE stage SET lease_expires_at = now() - interval '1 s' WHERE id = $1", [zombie.id]);
    expect(await db.stages.reclaimExpired()).toEqual([{ stageId: zombie.id, attempt: 1, status: "ready" }]);
    expect((await db.outbox.take(10)).map(({ payload }) => payload)).toEqual([{ stageId: zombie.id }]);

    const refused = { code: "LOST_LEASE" };
    const { fence } = zombie;
    const late = async () => {
      await expect(db.stages.heartbeat(fence, { leaseMs: 1000 })).rejects.toMatchObject(refused);
      await expect(db.metrics.write(fence, [{ key: "loss", step: 2, value: 9 }])).rejects.toMatchObject(refused);
      await expect(db.metrics.write(fence, [])).rejects.toMatchObject(refused);
      await expect(db.metrics.rollback(fence, null)).rejects.toMatchObject(refused);
      await expect(
        db.logs.append(fence, [{ index: 0, at: new Date(), level: "info", message: "x" }]),
      ).rejects.toMatchObject(refused);
      const artifact = { name: "model", kind: "onnx", sha256: "z", sizeBytes: 1 };
      await expect(db.artifacts.record(fence, artifact)).rejects.toMatchObject(refused);
      await expect(db.checkpoints.record(fence, { step: 2, sha256: "z", sizeBytes: 1 })).rejects.toMatchObject(refused);
      const evaluation = { dataset: "d", split: "test", condition: "full", metrics: { acc: 1 }, samples: [] };
      await expect(db.evaluations.save(fence, evaluation)).rejects.toMatchObject(refused);
      await expect(db.stages.succeed(fence)).rejects.toMatchObject(refused);
      const failure = { kind: "user" as const, code: "X", message: "x" };
      await expect(db.stages.fail(fence, failure, { retry: true, delayMs: 0 })).rejects.toMatchObject(refused);
      await expect(db.stages.cancelled(fence)).rejects.toMatchObject(refused);
    };
    await late();
    const next = await claimed(db, { workerId, runId: id, name: "train" });
    expect(next).toMatchObject({
      id: zombie.id,
      attempt: 2,
      checkpoint: { step: 1, sha256: "state-1", sizeBytes: 10 },
      earlierFailures: [{ kind: "lost-lease", code: "LEASE_EXPIRED" }],
    });
    await late();
    expect(await db.metrics.latest(zombie.id)).toMatchObject([{ key: "loss", step: 1, value: 3 }]);
    expect(await db.logs.list({ stageId: zombie.id, limit: 10 })).toEqual([]);
    expect(await db.artifacts.forStage(zombie.id)).toEqual([]);
    await finish(db, next);
    await late();
    expect((await db.attempts.forStage(zombie.id)).map(({ status }) => status)).toEqual(["lost", "succeeded"]);
  });

  it("is refused to another worker that knows the attempt's number", async () => {
    await launch(db, [plannedStage("train")]);
    const { fence } = await claimed(db, { workerId });
    const { id: thief } = await db.workers.register(testWorker);
    await expect(db.stages.succeed({ ...fence, workerId: thief })).rejects.toMatchObject({ code: "LOST_LEASE" });
    await expect(db.metrics.write({ ...fence, workerId: thief }, [])).rejects.toMatchObject({ code: "LOST_LEASE" });
  });

  it("is prolonged by heartbeats", async () => {
    await launch(db, [plannedStage("train")]);
    const stage = await claimed(db, { workerId, leaseMs: 1 });
    await pause(5);
    // Late, but nobody has taken the stage: the worker keeps it.
    await db.stages.heartbeat(stage.fence, { leaseMs: 60_000 });
    expect(await db.stages.reclaimExpired()).toEqual([]);
    await passTime(db);
    expect(await db.stages.reclaimExpired()).toHaveLength(1);
  });

  it("that is lost too often quarantines the stage and fails its run, until it is released", async () => {
    const killer = plannedStage("killer");
    const id = await launch(db, [killer, plannedStage("behind", { after: [killer] })]);
    for (let lost = 1; lost <= 3; lost++) {
      await claimed(db, { workerId, leaseMs: 1 });
      await pause(5);
      const [reclaimed] = await db.stages.reclaimExpired({ takedownLimit: 3 });
      expect(reclaimed?.status).toBe(lost === 3 ? "failed" : "ready");
    }
    expect(await db.runs.get(id)).toMatchObject({ status: "failed", error: { kind: "lost-lease" } });
    expect((await db.runs.get(id))?.error).toMatchObject({
      code: "QUARANTINED",
      message: expect.stringContaining("took down 3 processes or workers"),
    });
    await expect(db.runs.retry(id)).rejects.toThrow(/quarantined/);
    // A new run that wants it is no way around.
    const again = await launch(db, [killer, plannedStage("beside", { after: [killer] })]);
    expect(await statuses(db, again)).toEqual({ killer: "failed", beside: "cancelled" });
    const stage = (await db.runs.get(id))!.stages[0]!;
    expect(stage.quarantinedAt).toBeInstanceOf(Date);
    await db.stages.release(stage.id);
    await expect(db.stages.release(stage.id)).rejects.toThrow(/not quarantined/);
    expect(await statuses(db, id)).toEqual({ killer: "ready", behind: "pending" });
    expect(await statuses(db, again)).toEqual({ killer: "ready", beside: "pending" });
    await finish(db, await claimed(db, { workerId, runId: id, name: "killer" }));
    for (const runId of [id, again]) await db.runs.cancel(runId);
  });

  it("that is lost is taken up again at once, with no budget but the quarantine", async () => {
    const id = await launch(db, [plannedStage("killer")]);
    for (let lost = 1; lost <= takedownLimit; lost++) {
      const { attempt } = await claimed(db, { workerId, leaseMs: 1 });
      expect(attempt).toBe(lost);
      await pause(5);
      expect(await db.stages.reclaimExpired()).toMatchObject([{ status: lost === takedownLimit ? "failed" : "ready" }]);
    }
    expect((await db.runs.get(id))!.stages[0]!.quarantinedAt).toBeInstanceOf(Date);
  });

  it("of an attempt that got further than those before begins a new budget", async () => {
    const id = await launch(db, [plannedStage("steady")]);
    for (let step = 1; step <= 6; step++) {
      const { fence, earlierFailures } = await claimed(db, { workerId, leaseMs: 200 });
      expect(earlierFailures).toHaveLength(step === 1 ? 0 : 1);
      await db.checkpoints.record(fence, { step, sha256: `steady-${step}`, sizeBytes: 1 });
      await passTime(db);
      expect(await db.stages.reclaimExpired({ takedownLimit: 2 })).toMatchObject([{ status: "ready" }]);
    }
    await db.runs.cancel(id);
  });

  it("of a stage that was asked to stop ends in cancelled", async () => {
    const id = await launch(db, [plannedStage("train")]);
    await claimed(db, { workerId, leaseMs: 1 });
    await db.runs.cancel(id);
    await pause(5);
    expect(await db.stages.reclaimExpired()).toMatchObject([{ status: "cancelled" }]);
  });

  it("is reclaimed by one of many reconcilers", async () => {
    await launch(db, many(20));
    for (let i = 0; i < 20; i++) await claimed(db, { workerId, leaseMs: 1 });
    await pause(5);
    const results = await Promise.all(Array.from({ length: 6 }, () => db.stages.reclaimExpired()));
    expect(results.flat()).toHaveLength(20);
    expect(await db.outbox.take(100)).toHaveLength(40);
  });
});

describe("a finish", () => {
  it("counts once, of many that arrive at once", async () => {
    const id = await launch(db, [plannedStage("train")]);
    const { fence } = await claimed(db, { workerId });
    const results = await Promise.allSettled([
      ...Array.from({ length: 5 }, () => db.stages.succeed(fence)),
      db.stages.fail(fence, { kind: "user", code: "X", message: "x" }, { retry: false, delayMs: 0 }),
    ]);
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const result of results)
      if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "LOST_LEASE" });
    expect((await db.runs.get(id))?.stages[0]?.status).toMatch(/succeeded|failed/);
  });

  it("and a reclaim at the same moment agree on one outcome", async () => {
    for (let round = 0; round < 20; round++) {
      const id = await launch(db, [plannedStage(`train-${round}`)]);
      const { fence } = await claimed(db, { workerId, leaseMs: 1 });
      await pause(3);
      const [finished, reclaimed] = await Promise.allSettled([db.stages.succeed(fence), db.stages.reclaimExpired()]);
      const status = Object.values(await statuses(db, id))[0];
      const wasReclaimed = reclaimed.status === "fulfilled" && reclaimed.value.length === 1;
      expect(finished.status === "fulfilled").toBe(!wasReclaimed);
      expect(status).toBe(wasReclaimed ? "ready" : "succeeded");
      await db.runs.cancel(id).catch(() => {});
    }
  });
});

describe("waiting", () => {
  const worker = { name: "w", status: "online" as const, devices: ["cpu"], threads: 4, memoryBytes: 8 * 2 ** 30 };
  const needs = { device: "cpu", threads: 1, memoryBytes: 2 ** 30 };

  it.each([
    [needs, [], "no worker is online"],
    [needs, [{ ...worker, status: "gone" as const }], "no worker is online"],
    [needs, [{ ...worker, status: "draining" as const }], "every worker drains and takes nothing new (w)"],
    [
      { ...needs, threads: 16 },
      [worker, { ...worker, threads: 16, status: "draining" as const }],
      'needs 16 threads, the largest worker with "cpu" has 4',
    ],
    [{ ...needs, device: "cuda" }, [worker], 'no worker has the device "cuda" (online: cpu)'],
    [{ ...needs, threads: 16 }, [worker], 'needs 16 threads, the largest worker with "cpu" has 4'],
    [
      { ...needs, memoryBytes: 64 * 2 ** 30 },
      [worker],
      'needs 64.0 GiB of memory, the largest worker with "cpu" has 8.0 GiB',
    ],
    [needs, [{ ...worker, devices: ["cuda"] }, worker], null],
  ])("%o with %o: %s", (resources, workers, reason) => expect(waitingReason(resources, workers)).toBe(reason));

  it("is explained on the stage and cleared when a worker comes", async () => {
    const id = await launch(db, [plannedStage("gpu", { resources: { device: "cuda" } }), plannedStage("fits")]);
    const reasons = async () => (await db.runs.get(id))?.stages.map((stage) => stage.waitingReason);
    expect(await db.stages.explainWaiting()).toBe(1);
    expect(await reasons()).toEqual(['no worker has the device "cuda" (online: cpu)', null]);
    expect(await db.stages.explainWaiting()).toBe(0);
    await db.workers.register({ ...testWorker, devices: ["cuda"] });
    expect(await db.stages.explainWaiting()).toBe(1);
    expect(await reasons()).toEqual([null, null]);
  });
});

it("wakes stages again whose wake-up was lost", async () => {
  await launch(db, many(3));
  const first = await db.outbox.take(10);
  await db.outbox.markSent(first.map(({ id }) => id));
  expect(await db.stages.rewake({ olderThanMs: 600_000 })).toEqual([]);
  await pause(20);
  expect(await db.stages.rewake({ olderThanMs: 10 })).toHaveLength(3);
  const second = await db.outbox.take(10);
  expect(second.map(({ payload }) => payload.stageId).sort()).toEqual(
    first.map(({ payload }) => payload.stageId).sort(),
  );
  // A queue that keeps old jobs must not take the second for the first.
  expect(new Set([...first, ...second].map(({ jobId }) => jobId)).size).toBe(6);
});

it("counts, finds by content key and tells who uses a stage", async () => {
  const [a, b] = [
    await launch(db, [plannedStage("x")], { name: "first" }),
    await launch(db, [plannedStage("x")], { name: "second" }),
  ];
  const stage = await db.stages.byContentKey("x");
  expect(await db.stages.get(stage!.id)).toMatchObject({
    contentKey: "x",
    keyParts: { kind: "test" },
    resources: { threads: 1 },
  });
  expect(await db.stages.usedBy(stage!.id)).toMatchObject([
    { runId: b, runName: "second", stageName: "x", reused: true },
    { runId: a, runName: "first", reused: false },
  ]);
  expect(await db.stages.countByStatus()).toMatchObject({ ready: 1, running: 0, pruned: 0 });
});
