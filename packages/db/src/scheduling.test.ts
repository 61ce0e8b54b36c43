import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { createDatabase, type Database } from "./database.ts";
import { ConflictError, NotFoundError } from "./errors.ts";
import { createTestDatabase } from "./testing.ts";
import { claimed, finish, launch, plannedStage, statuses, testWorker } from "./testing-fixtures.ts";

let db: Database;
let workerId: string;

beforeAll(async () => {
  db = createDatabase({ url: await createTestDatabase(inject("postgresUrl")) });
  ({ id: workerId } = await db.workers.register(testWorker));
});
afterAll(() => db.close());

const claim = () => db.stages.claim({ workerId, capabilities: testWorker, leaseMs: 60_000 });

async function stageOf(runId: string, name: string) {
  return (await db.runs.get(runId))!.stages.find((stage) => stage.name === name)!;
}

describe("pause", () => {
  it("takes nothing for the run, and resume wakes what is ready", async () => {
    const runId = await launch(db, [plannedStage("paused")]);
    await db.runs.pause(runId);
    expect((await db.runs.get(runId))!.pausedAt).toBeInstanceOf(Date);
    expect(await stageOf(runId, "paused")).toMatchObject({ isPaused: true, waitingReason: "paused" });
    expect(await claim()).toBeNull();
    await expect(db.runs.pause(runId)).rejects.toThrow(ConflictError);
    await db.outbox.markSent((await db.outbox.take(100)).map(({ id }) => id));
    await db.runs.resume(runId);
    expect((await db.outbox.take(100)).map(({ payload }) => payload.stageId)).toEqual([
      (await stageOf(runId, "paused")).id,
    ]);
    await finish(db, (await claim())!);
    await expect(db.runs.pause(runId)).rejects.toThrow(ConflictError);
  });

  it("asks what runs for it alone to give way, and goes on from there", async () => {
    const runId = await launch(db, [plannedStage("running")]);
    const { fence } = await claimed(db, { workerId, runId, name: "running" });
    expect(await db.stages.heartbeat(fence, { leaseMs: 60_000 })).toEqual({
      cancelRequested: false,
      preemptRequested: false,
      isPaused: false,
    });
    await db.runs.pause(runId);
    expect(await db.stages.heartbeat(fence, { leaseMs: 60_000 })).toMatchObject({
      preemptRequested: true,
      isPaused: true,
    });
    const progress = { done: 2, total: 10, unit: "steps", at: new Date().toISOString(), secondsLeft: 8 };
    await db.stages.heartbeat(fence, { leaseMs: 60_000, progress });
    const preempted = { kind: "preempted" as const, code: "PREEMPTED", message: "stopped" };
    await db.stages.fail(fence, preempted, { retry: true, delayMs: 0 });
    expect(await stageOf(runId, "running")).toMatchObject({
      status: "ready",
      preemptRequested: false,
      waitingReason: "paused",
      // Without a checkpoint it begins anew.
      progress: null,
    });
    expect(await claim()).toBeNull();
    await db.runs.resume(runId);
    const again = (await claim())!;
    expect(again).toMatchObject({ attempt: 2 });
    await db.checkpoints.record(again.fence, { step: 2, sha256: "pause-2", sizeBytes: 1 });
    await db.stages.heartbeat(again.fence, { leaseMs: 60_000, progress });
    await db.stages.fail(again.fence, preempted, { retry: true, delayMs: 0 });
    expect(await stageOf(runId, "running")).toMatchObject({ status: "ready", progress });
    // After a failure it may go on from further back than it had reported.
    const third = (await claim())!;
    await db.stages.heartbeat(third.fence, { leaseMs: 60_000, progress });
    const broken = { kind: "infrastructure" as const, code: "X", message: "x" };
    await db.stages.fail(third.fence, broken, { retry: true, delayMs: 0 });
    expect(await stageOf(runId, "running")).toMatchObject({ status: "ready", progress: null });
    await db.runs.cancel(runId);
  });

  it("keeps apart for how long a run stood still since it started", async () => {
    const runId = await launch(db, [plannedStage("still")]);
    const earlier = (column: string, seconds: number) =>
      db.pool.query(`UPDATE run SET ${column} = ${column} - $2 * interval '1 second' WHERE id = $1`, [runId, seconds]);
    const pausedSeconds = async () => (await db.runs.get(runId))!.pausedSeconds;
    await db.runs.pause(runId);
    await earlier("paused_at", 1_000);
    await db.runs.resume(runId);
    expect(await pausedSeconds()).toBe(0);

    await claimed(db, { workerId, runId, name: "still" });
    await earlier("started_at", 500);
    await db.runs.pause(runId);
    await earlier("paused_at", 60);
    await db.runs.resume(runId);
    expect(Math.floor(await pausedSeconds())).toBe(60);

    await db.runs.cancel(runId);
    await earlier("finished_at", 100);
    await db.runs.retry(runId);
    expect(Math.floor(await pausedSeconds())).toBe(160);
    await db.runs.cancel(runId);
  });

  it("leaves alone what another live run wants, until that one is paused or cancelled, too", async () => {
    const shared = plannedStage("shared");
    const first = await launch(db, [shared]);
    const second = await launch(db, [shared]);
    await db.runs.pause(first);
    expect((await stageOf(first, "shared")).isPaused).toBe(false);
    await db.runs.cancel(second);
    expect((await stageOf(first, "shared")).isPaused).toBe(true);
    const third = await launch(db, [shared]);
    expect((await stageOf(first, "shared")).isPaused).toBe(false);
    for (const runId of [first, third]) await db.runs.cancel(runId);
  });
});

describe("priority", () => {
  it("of a run moves its stages; of a shared stage the most urgent live run decides", async () => {
    const shared = plannedStage("shared-priority");
    const early = await launch(db, [plannedStage("early")]);
    const first = await launch(db, [shared]);
    const second = await launch(db, [shared]);
    await db.runs.setPriority(second, 5);
    expect((await stageOf(first, "shared-priority")).priority).toBe(5);
    expect((await claim())!.id).toBe((await stageOf(first, "shared-priority")).id);
    await db.runs.setPriority(second, -1);
    expect((await stageOf(first, "shared-priority")).priority).toBe(0);
    for (const runId of [early, first, second]) await db.runs.cancel(runId);
    await expect(db.runs.setPriority(early, 1)).rejects.toThrow(ConflictError);
  });

  it("being equal, what a fault has interrupted goes on before anything begins", async () => {
    const interrupted = await launch(db, [plannedStage("interrupted")]);
    const { fence } = await claimed(db, { workerId, runId: interrupted, name: "interrupted" });
    const waiting = await launch(db, [plannedStage("waiting")]);
    const failure = { kind: "infrastructure" as const, code: "PROCESS_KILLED", message: "it was killed" };
    await db.stages.fail(fence, failure, { retry: true, delayMs: 0 });
    expect(await claim()).toMatchObject({ id: fence.stageId, attempt: 2 });
    expect((await claim())!.id).toBe((await stageOf(waiting, "waiting")).id);
    for (const runId of [interrupted, waiting]) await db.runs.cancel(runId);
  });
});

describe("a worker that drains", () => {
  it("is given nothing, says so to itself, and takes stages again", async () => {
    const runId = await launch(db, [plannedStage("drained")]);
    const { id } = await db.workers.register({ ...testWorker, name: "drained" });
    await db.workers.drain(id, true);
    expect(await db.workers.heartbeat(id)).toEqual({ isDraining: true });
    expect(await db.workers.get(id)).toMatchObject({ status: "draining", isDraining: true });
    const options = { workerId: id, capabilities: testWorker, leaseMs: 60_000 };
    expect(await db.stages.claim(options)).toBeNull();
    await db.workers.drain(id, false);
    expect(await db.workers.get(id)).toMatchObject({ status: "online", isDraining: false });
    await finish(db, (await db.stages.claim(options))!);
    expect(await statuses(db, runId)).toEqual({ drained: "succeeded" });
    await db.workers.leave(id);
    await expect(db.workers.drain(id, true)).rejects.toThrow(ConflictError);
    await expect(db.workers.drain(runId, true)).rejects.toThrow(NotFoundError);
  });
});

describe("samples of a worker", () => {
  const sample = (cpuLoad: number) => ({
    cpuLoad,
    memoryUsedBytes: 2 ** 33,
    memoryTotalBytes: 2 ** 34,
    ownMemoryBytes: 2 ** 28,
    gpus: [{ name: "A100", load: 0.5, memoryUsedBytes: null, memoryTotalBytes: 2 ** 35 }],
  });

  it("are read in order, thinned, the newest with the worker, and purged", async () => {
    const { id } = await db.workers.register({ ...testWorker, name: "sampled" });
    expect((await db.workers.get(id))!.sample).toBeNull();
    for (let i = 0; i < 10; i++) {
      await db.workerSamples.record(id, sample(i / 10));
      await new Promise((done) => setTimeout(done, 2));
    }
    const all = await db.workerSamples.recent({ workerId: id, sinceMs: 60_000 });
    expect(all.map(({ cpuLoad }) => cpuLoad)).toEqual(Array.from({ length: 10 }, (_, i) => i / 10));
    expect(all[0]).toEqual({ ...sample(0), at: expect.any(Date) });
    const thin = await db.workerSamples.recent({ workerId: id, sinceMs: 60_000, maxPoints: 4 });
    expect(thin.map(({ cpuLoad }) => cpuLoad)).toEqual([0, 0.3, 0.6, 0.9]);
    expect((await db.workers.get(id))!.sample).toEqual(all.at(-1));
    expect(await db.workerSamples.purge({ olderThanMs: 60_000 })).toBe(0);
    expect(await db.workerSamples.purge({ olderThanMs: 0 })).toBe(10);
    await db.workers.leave(id);
  });
});

describe("device time", () => {
  it("falls to the run that made a stage, and is a saving in every other; failed attempts are wasted", async () => {
    const stage = plannedStage("costly");
    const maker = await launch(db, [stage]);
    const { fence, id } = await claimed(db, { workerId, runId: maker, name: "costly" });
    const broken = { kind: "infrastructure" as const, code: "X", message: "x" };
    await db.stages.fail(fence, broken, { retry: true, delayMs: 0 });
    await finish(db, await claimed(db, { workerId, runId: maker, name: "costly" }));
    await db.pool.query(
      `UPDATE attempt SET finished_at = started_at + (CASE number WHEN 1 THEN 3 ELSE 10 END) * interval '1 s' WHERE stage_id = $1`,
      [id],
    );
    const takers = [await launch(db, [stage]), await launch(db, [stage])];
    expect(await db.costs.ofRun(maker)).toEqual({ deviceSeconds: 13, wastedDeviceSeconds: 3, savedDeviceSeconds: 0 });
    for (const taker of takers) {
      expect(await db.costs.ofRun(taker)).toEqual({ deviceSeconds: 0, wastedDeviceSeconds: 0, savedDeviceSeconds: 10 });
    }
    expect(await db.costs.ofStages([id])).toEqual(new Map([[id, 13]]));
    expect((await db.costs.total()).savedDeviceSeconds).toBe(20);
    const { id: projectId } = await db.projects.ensure({ slug: "other", name: "Other" });
    expect(await db.costs.total({ projectId })).toEqual({
      deviceSeconds: 0,
      wastedDeviceSeconds: 0,
      savedDeviceSeconds: 0,
    });
  });

  it("is not wasted by an attempt that gave way and left a checkpoint", async () => {
    const runId = await launch(db, [plannedStage("giving way")]);
    const preempted = { kind: "preempted" as const, code: "PREEMPTED", message: "gave way" };
    const wasted = async () => Math.round((await db.costs.ofRun(runId)).wastedDeviceSeconds);
    /** One attempt of so many seconds, which begins after a step and ends with a checkpoint, with none, or with its result. */
    async function attempt({ seconds, from, saves }: { seconds: number; from: number | null; saves: number | null }) {
      const { fence } = await claimed(db, { workerId, runId, name: "giving way" });
      if (from !== null) await db.metrics.rollback(fence, from === -1 ? null : from);
      if (saves !== null) await db.checkpoints.record(fence, { step: saves, sha256: `way-${saves}`, sizeBytes: 1 });
      await db.stages.fail(fence, preempted, { retry: true, delayMs: 0 });
      await db.pool.query(
        "UPDATE attempt SET started_at = finished_at - $3 * interval '1 s' WHERE stage_id = $1 AND number = $2",
        [fence.stageId, fence.attempt, seconds],
      );
    }
    // The first saves nothing, so that the second begins anew; the third gets no further than it began.
    await attempt({ seconds: 100, from: null, saves: null });
    expect(await wasted()).toBe(100);
    await attempt({ seconds: 40, from: -1, saves: 4 });
    expect(await wasted()).toBe(100);
    await attempt({ seconds: 20, from: 4, saves: null });
    expect(await wasted()).toBe(120);
    const last = await claimed(db, { workerId, runId, name: "giving way" });
    await db.metrics.rollback(last.fence, 4);
    await finish(db, last);
    expect(await wasted()).toBe(120);
    expect(Math.round((await db.costs.ofRun(runId)).deviceSeconds)).toBe(160);
  });
});

describe("a more urgent stage without room", () => {
  it("takes that of the least urgent one with a checkpoint, one at a time", async () => {
    const { id } = await db.workers.register({ ...testWorker, name: "small", devices: ["tpu"], threads: 2 });
    const on = (name: string, threads: number) => plannedStage(name, { resources: { device: "tpu", threads } });
    const claimOn = (threads: number) =>
      db.stages.claim({
        workerId: id,
        leaseMs: 60_000,
        capabilities: { devices: ["tpu"], threads, memoryBytes: 2 ** 40 },
      });
    const low = await launch(db, [on("low", 2)]);
    const running = (await claimOn(2))!;
    const high = await launch(db, [on("high", 2)]);
    expect(await db.stages.preempt({ waitedMs: 0 })).toBeNull();
    await db.runs.setPriority(high, 5);
    // What would lose all its work is left alone.
    expect(await db.stages.preempt({ waitedMs: 0 })).toBeNull();
    await db.checkpoints.record(running.fence, { step: 3, sha256: "low-3", sizeBytes: 1 });
    expect(await db.stages.preempt({ waitedMs: 60_000 })).toBeNull();
    expect(await db.stages.preempt({ waitedMs: 0 })).toEqual({
      stageId: running.id,
      forStageId: (await stageOf(high, "high")).id,
    });
    expect(await db.stages.preempt({ waitedMs: 0 })).toBeNull();
    expect(await db.stages.heartbeat(running.fence, { leaseMs: 60_000 })).toMatchObject({
      preemptRequested: true,
      isPaused: false,
    });
    const failure = { kind: "preempted" as const, code: "PREEMPTED", message: "stopped" };
    await db.stages.fail(running.fence, failure, { retry: true, delayMs: 0 });
    expect((await claimOn(2))!.id).toBe((await stageOf(high, "high")).id);
    expect(await stageOf(low, "low")).toMatchObject({ status: "ready", preemptRequested: false });
    for (const runId of [low, high]) await db.runs.cancel(runId);
    await db.workers.leave(id);
  });
});

describe("projects that want one machine", () => {
  const fair = { devices: ["cpu"], threads: 100, memoryBytes: 2 ** 40 };

  async function launchIn(slug: string, count: number, light = false): Promise<string> {
    const { id: projectId } = await db.projects.ensure({ slug, name: slug });
    const stages = Array.from({ length: count }, (_, i) => ({
      ...plannedStage(`${slug}-${light ? "light" : "heavy"}-${i}`),
      ...(light ? { light: true as const } : {}),
    }));
    const run = { projectId, recipe: "test", params: {}, seed: 0, name: slug, configKey: slug, stages };
    return (await db.runs.create(run)).id;
  }

  async function claimProjects(count: number): Promise<Record<string, number>> {
    const tally: Record<string, number> = {};
    for (let i = 0; i < count; i++) {
      const stage = await db.stages.claim({ workerId, capabilities: fair, leaseMs: 60_000 });
      if (stage === null) break;
      const slug = String(stage.params.name).split("-")[0]!;
      tally[slug] = (tally[slug] ?? 0) + 1;
    }
    return tally;
  }

  it("share it by their shares, whoever came first", async () => {
    const runs = [await launchIn("first", 20), await launchIn("second", 20)];
    await db.projects.setLimits("second", { share: 3 });
    expect(await claimProjects(8)).toEqual({ first: 2, second: 6 });
    for (const id of runs) await db.runs.cancel(id);
    await db.pool.query("UPDATE stage SET status = 'cancelled' WHERE status = 'running'");
  });

  it("keep to their limits, also when eight workers claim at once", async () => {
    const runs = [await launchIn("capped", 20), await launchIn("free", 4)];
    await db.projects.setLimits("capped", { maxRunning: 3 });
    const claims = await Promise.all(
      Array.from({ length: 12 }, () => db.stages.claim({ workerId, capabilities: fair, leaseMs: 60_000 })),
    );
    const names = claims.flatMap((stage) => (stage === null ? [] : [String(stage.params.name).split("-")[0]]));
    expect(names.filter((name) => name === "capped")).toHaveLength(3);
    expect(names.filter((name) => name === "free").length).toBeGreaterThan(0);
    await db.stages.explainWaiting();
    const reasons = (await db.runs.get(runs[0]!))!.stages.map(({ waitingReason }) => waitingReason);
    expect(
      reasons.filter((reason) => reason?.includes('"capped" has as many stages running as it may (3)')),
    ).toHaveLength(17);
    await db.projects.setLimits("capped", { maxRunning: null });
    for (const id of runs) await db.runs.cancel(id);
    await db.pool.query("UPDATE stage SET status = 'cancelled' WHERE status = 'running'");
  });

  it("have light stages taken many at once, beside one that needs the machine, and ended many at once", async () => {
    const runs = [await launchIn("slots", 30, true), await launchIn("slots", 2)];
    const options = { workerId, leaseMs: 60_000 };
    const taken = await db.stages.claimMany({ ...options, capabilities: { ...fair, lightSlots: 10 } });
    expect(taken.filter(({ isLight }) => isLight)).toHaveLength(10);
    expect(taken).toHaveLength(11);
    const full = await db.stages.claimMany({ ...options, capabilities: { ...fair, threads: 0, lightSlots: 5 } });
    expect(full.map(({ isLight }) => isLight)).toEqual(Array(5).fill(true));
    const light = [...taken, ...full].filter(({ isLight }) => isLight);
    const stale = { ...light[0]!.fence, attempt: 99 };
    expect(await db.stages.succeedMany([...light, { fence: stale }])).toEqual([stale]);
    for (const { id } of light) expect(await db.stages.get(id)).toMatchObject({ status: "succeeded" });
    for (const id of runs) await db.runs.cancel(id);
  });
});

it("the limits of a project are kept, each by itself", async () => {
  await db.projects.ensure({ slug: "limited", name: "Limited" });
  expect(await db.projects.setLimits("limited", { maxRunning: 3 })).toMatchObject({ maxRunning: 3, share: 1 });
  expect(await db.projects.setLimits("limited", { share: 2 })).toMatchObject({ maxRunning: 3, share: 2 });
  expect(await db.projects.setLimits("limited", { maxRunning: null })).toMatchObject({ maxRunning: null, share: 2 });
  await expect(db.projects.setLimits("nobody", { share: 2 })).rejects.toThrow(NotFoundError);
});
