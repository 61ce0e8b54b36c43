import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { createDatabase, type Database } from "./database.ts";
import { createTestDatabase } from "./testing.ts";
import { claimed, finish, launch, passTime, plannedStage, statuses, testWorker } from "./testing-fixtures.ts";

let db: Database;
let workerId: string;

beforeAll(async () => {
  db = createDatabase({ url: await createTestDatabase(inject("postgresUrl")) });
});
afterAll(() => db.close());
beforeEach(async () => {
  await db.pool.query("TRUNCATE project, stage, worker, outbox CASCADE");
  workerId = (await db.workers.register(testWorker)).id;
});

const pretrain = plannedStage("pretrain");
const sft = plannedStage("sft", { after: [pretrain] });
const evaluate = plannedStage("evaluate", { after: [sft] });
const chain = [pretrain, sft, evaluate];
const runStatus = async (id: string) => (await db.runs.get(id))?.status;

describe("a new run", () => {
  it("readies the stages without inputs and puts their wake-ups into the outbox", async () => {
    const id = await launch(db, chain);
    expect(await statuses(db, id)).toEqual({ pretrain: "ready", sft: "pending", evaluate: "pending" });
    const run = await db.runs.get(id);
    expect(run).toMatchObject({
      status: "queued",
      startedAt: null,
      finishedAt: null,
      params: { a: 1 },
      projectSlug: "demo",
    });
    expect(run?.stages.map(({ reused }) => reused)).toEqual([false, false, false]);
    expect(run?.stages[1]?.needs).toEqual([{ name: "pretrain", stageName: "pretrain", artifactName: "model" }]);
    const messages = await db.outbox.take(10);
    expect(messages.map(({ job, payload }) => [job, payload])).toEqual([
      ["stage.wake", { stageId: run?.stages[0]?.id }],
    ]);
  });

  it("writes nothing when it cannot be written whole", async () => {
    const { id: projectId } = await db.projects.ensure({ slug: "demo", name: "Demo" });
    const twice = [pretrain, { ...sft, name: "pretrain" }];
    await expect(
      db.runs.create({ projectId, recipe: "test", params: {}, seed: 0, name: "bad", configKey: "c", stages: twice }),
    ).rejects.toThrow(/duplicate key/);
    await expect(launch(db, [])).rejects.toMatchObject({ code: "CONFLICT", got: "none" });
    expect((await db.runs.list()).runs).toEqual([]);
    expect((await db.pool.query("SELECT FROM stage")).rowCount).toBe(0);
    expect(await db.outbox.take(10)).toEqual([]);
  });

  it("goes through its stages in order and ends", async () => {
    const id = await launch(db, chain);
    for (const name of ["pretrain", "sft", "evaluate"]) {
      const stage = await claimed(db, { workerId });
      expect(await runStatus(id)).toBe("running");
      expect((await statuses(db, id))[name]).toBe("running");
      await finish(db, stage);
    }
    expect(await db.runs.get(id)).toMatchObject({ status: "succeeded", finishedAt: expect.any(Date), error: null });
  });

  it("gives a dependant its inputs", async () => {
    await launch(db, chain);
    const first = await claimed(db, { workerId });
    expect(first.inputs).toEqual([]);
    await finish(db, first);
    const second = await claimed(db, { workerId });
    expect(second.inputs).toEqual([
      {
        name: "pretrain",
        artifactName: "model",
        artifactId: expect.any(String),
        sha256: `sha-${first.id}`,
        sizeBytes: 3,
      },
    ]);
  });

  it("readies a stage with two inputs once, when both succeed at the same moment", async () => {
    for (let round = 0; round < 10; round++) {
      const left = plannedStage(`left-${round}`);
      const right = plannedStage(`right-${round}`);
      const id = await launch(db, [left, right, plannedStage("join", { after: [left, right] })]);
      const both = [await claimed(db, { workerId }), await claimed(db, { workerId })];
      await Promise.all(both.map((stage) => finish(db, stage)));
      const join = await claimed(db, { workerId });
      expect(join.inputs).toHaveLength(2);
      const wakes = (await db.outbox.take(100)).filter(({ payload }) => payload.stageId === join.id);
      expect(wakes).toHaveLength(1);
      await finish(db, join);
      expect(await runStatus(id)).toBe("succeeded");
    }
  });
});

describe("reuse", () => {
  it("runs shared stages once and succeeds at once when all of its stages have", async () => {
    await launch(db, chain);
    for (let i = 0; i < 3; i++) await finish(db, await claimed(db, { workerId }));
    const again = await launch(db, chain);
    expect(await db.runs.get(again)).toMatchObject({
      status: "succeeded",
      startedAt: expect.any(Date),
      finishedAt: expect.any(Date),
    });
    expect((await db.runs.get(again))?.stages.map(({ reused }) => reused)).toEqual([true, true, true]);
    expect((await db.pool.query("SELECT FROM stage")).rowCount).toBe(3);
  });

  it("starts where the finished stages end", async () => {
    await launch(db, [pretrain]);
    await finish(db, await claimed(db, { workerId }));
    const id = await launch(db, chain);
    expect(await statuses(db, id)).toEqual({ pretrain: "succeeded", sft: "ready", evaluate: "pending" });
    expect(await runStatus(id)).toBe("running");
  });

  it("lets eight equal runs, launched at once, share every stage", async () => {
    const ids = await Promise.all(Array.from({ length: 8 }, (_, seed) => launch(db, chain, { seed })));
    expect((await db.pool.query("SELECT FROM stage")).rowCount).toBe(3);
    expect((await db.outbox.take(100)).length).toBe(1);
    for (let i = 0; i < 3; i++) await finish(db, await claimed(db, { workerId }));
    expect(await Promise.all(ids.map(runStatus))).toEqual(ids.map(() => "succeeded"));
    expect((await db.runs.get(ids[0]!))?.stages[0]?.status).toBe("succeeded");
    const { rows } = await db.pool.query("SELECT count(*) AS n FROM run_stage WHERE reused");
    expect(rows[0].n).toBe(7 * 3);
  });

  it("gives a failed stage a new budget, and a failed run that shares it goes on", async () => {
    const old = await launch(db, chain);
    const stage = await claimed(db, { workerId });
    await db.stages.fail(stage.fence, { kind: "data", code: "X", message: "bad" }, { retry: false, delayMs: 0 });
    expect(await runStatus(old)).toBe("failed");
    const id = await launch(db, chain);
    expect(await statuses(db, id)).toEqual({ pretrain: "ready", sft: "pending", evaluate: "pending" });
    expect(await runStatus(old)).toBe("queued");
    const next = await claimed(db, { workerId });
    expect(next).toMatchObject({ id: stage.id, attempt: 2, earlierFailures: [] });
    await finish(db, next);
    for (let i = 0; i < 2; i++) await finish(db, await claimed(db, { workerId }));
    expect(await runStatus(old)).toBe("succeeded");
    expect(await runStatus(id)).toBe("succeeded");
  });
});

describe("a failed stage", () => {
  it("fails its run at once, blocks what depends on it and lets the other stages finish", async () => {
    const other = plannedStage("other");
    const id = await launch(db, [...chain, other]);
    const stage = await claimed(db, { workerId, runId: id, name: "pretrain" });
    const failure = { kind: "diverged" as const, code: "NAN_LOSS", message: "loss is NaN at step 12" };
    await db.stages.fail(stage.fence, failure, { retry: false, delayMs: 0 });
    const run = await db.runs.get(id);
    expect(run).toMatchObject({ status: "failed", finishedAt: null, error: { ...failure, stageName: "pretrain" } });
    expect(run?.stages.map(({ status, waitingReason }) => [status, waitingReason])).toEqual([
      ["failed", null],
      ["cancelled", "blocked: pretrain failed"],
      ["cancelled", "blocked: pretrain failed"],
      ["ready", null],
    ]);
    await finish(db, await claimed(db, { workerId, runId: id, name: "other" }));
    expect(await db.runs.get(id)).toMatchObject({ status: "failed", finishedAt: expect.any(Date) });
  });

  it("fails every run that shares it", async () => {
    const ids = await Promise.all([
      launch(db, chain),
      launch(db, [pretrain, plannedStage("other", { after: [pretrain] })]),
    ]);
    const stage = await claimed(db, { workerId });
    await db.stages.fail(stage.fence, { kind: "user", code: "X", message: "no" }, { retry: false, delayMs: 0 });
    expect(await Promise.all(ids.map(runStatus))).toEqual(["failed", "failed"]);
  });

  it("is tried again after the delay when there is budget", async () => {
    const id = await launch(db, chain);
    const stage = await claimed(db, { workerId });
    await db.outbox.markSent((await db.outbox.take(10)).map((message) => message.id));
    const failure = { kind: "infrastructure" as const, code: "EIO", message: "disk", lastOutput: "last\u0000 words" };
    await db.stages.fail(stage.fence, failure, { retry: true, delayMs: 60_000 });
    expect(await runStatus(id)).toBe("queued");
    expect((await db.runs.get(id))?.stages[0]).toMatchObject({ status: "ready", waitingReason: "retries after: disk" });
    expect(await db.stages.claim({ workerId, capabilities: testWorker, leaseMs: 1000 })).toBeNull();
    expect(await db.outbox.take(10)).toEqual([]);
    const dueInMs = await db.outbox.nextDueInMs();
    expect(dueInMs).toBeGreaterThan(30_000);
    expect(dueInMs).toBeLessThanOrEqual(60_000);
    await passTime(db);
    expect((await db.outbox.take(10)).map(({ payload }) => payload)).toEqual([{ stageId: stage.id }]);
    const next = await claimed(db, { workerId });
    expect(next).toMatchObject({ attempt: 2, earlierFailures: [{ kind: "infrastructure", code: "EIO" }] });
    expect(await db.attempts.forStage(stage.id)).toMatchObject([
      { number: 1, status: "failed", lastOutput: "last\ufffd words", workerName: "test" },
      { number: 2, status: "running" },
    ]);
  });
});

describe("cancel", () => {
  it("cancels what waits and asks what runs to stop", async () => {
    const id = await launch(db, [...chain, plannedStage("other")]);
    const stage = await claimed(db, { workerId, runId: id, name: "pretrain" });
    await db.runs.cancel(id);
    expect(await runStatus(id)).toBe("cancelled");
    expect(await statuses(db, id)).toEqual({
      pretrain: "running",
      sft: "cancelled",
      evaluate: "cancelled",
      other: "cancelled",
    });
    expect(await db.stages.heartbeat(stage.fence, { leaseMs: 1000 })).toMatchObject({ cancelRequested: true });
    await db.stages.cancelled(stage.fence);
    expect((await statuses(db, id)).pretrain).toBe("cancelled");
    await expect(db.stages.succeed(stage.fence)).rejects.toMatchObject({ code: "LOST_LEASE" });
    await db.runs.cancel(id);
  });

  it("leaves alone what another live run needs, also when that one has a failed branch", async () => {
    const bad = plannedStage("bad");
    const mine = await launch(db, chain);
    const theirs = await launch(db, [pretrain, bad]);
    const failing = await claimed(db, { workerId, runId: theirs, name: "bad" });
    await db.stages.fail(failing.fence, { kind: "user", code: "X", message: "no" }, { retry: false, delayMs: 0 });
    await db.runs.cancel(mine);
    expect(await statuses(db, mine)).toEqual({ pretrain: "ready", sft: "cancelled", evaluate: "cancelled" });
    await finish(db, await claimed(db, { workerId }));
    expect(await db.runs.get(theirs)).toMatchObject({ status: "failed", finishedAt: expect.any(Date) });
    expect(await runStatus(mine)).toBe("cancelled");
  });

  it("of two runs cancelled at once stops the stage that they share", async () => {
    const ids = await Promise.all([launch(db, [pretrain]), launch(db, [pretrain])]);
    await Promise.all(ids.map((id) => db.runs.cancel(id)));
    expect(await statuses(db, ids[0]!)).toEqual({ pretrain: "cancelled" });
  });

  it("is withdrawn when a new run wants the stage before its worker has stopped", async () => {
    const old = await launch(db, [pretrain]);
    const stage = await claimed(db, { workerId });
    await db.runs.cancel(old);
    const id = await launch(db, [pretrain]);
    // The worker had already seen the request and stops.
    await db.stages.cancelled(stage.fence);
    expect(await statuses(db, id)).toEqual({ pretrain: "ready" });
    await finish(db, await claimed(db, { workerId }));
    expect([await runStatus(old), await runStatus(id)]).toEqual(["cancelled", "succeeded"]);
  });

  it("refuses ended and unknown runs", async () => {
    const id = await launch(db, [pretrain]);
    await finish(db, await claimed(db, { workerId }));
    await expect(db.runs.cancel(id)).rejects.toMatchObject({ code: "CONFLICT", got: "succeeded" });
    await expect(db.runs.cancel("00000000-0000-4000-8000-000000000000")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("retry", () => {
  it("gives failed, blocked and cancelled stages another try and keeps what succeeded", async () => {
    const id = await launch(db, chain);
    await finish(db, await claimed(db, { workerId }));
    const stage = await claimed(db, { workerId });
    await db.stages.fail(stage.fence, { kind: "user", code: "X", message: "no" }, { retry: false, delayMs: 0 });
    await db.runs.retry(id);
    expect(await statuses(db, id)).toEqual({ pretrain: "succeeded", sft: "ready", evaluate: "pending" });
    expect(await db.runs.get(id)).toMatchObject({ status: "running", error: null, finishedAt: null });
    await db.runs.cancel(id);
    await db.runs.retry(id);
    expect(await claimed(db, { workerId })).toMatchObject({ id: stage.id, attempt: 2 });
  });

  it("refuses a run in which nothing failed", async () => {
    const id = await launch(db, [pretrain]);
    await expect(db.runs.retry(id)).rejects.toMatchObject({ code: "CONFLICT", got: "queued" });
  });
});

describe("list", () => {
  it("pages newest first with progress and the newest value of the metrics asked for", async () => {
    const ids: string[] = [];
    for (const seed of [1, 2, 3])
      ids.push(await launch(db, [plannedStage(`train-${seed}`), plannedStage(`b-${seed}`)], { seed }));
    const stage = await claimed(db, { workerId, runId: ids[2]!, name: "train-3" });
    await db.metrics.write(stage.fence, [
      { key: "loss", step: 1, value: 2 },
      { key: "loss", step: 2, value: Number.NaN },
      { key: "other", step: 2, value: 5 },
    ]);
    const later = await claimed(db, { workerId, runId: ids[1]!, name: "b-2" });
    const earlier = await claimed(db, { workerId, runId: ids[1]!, name: "train-2" });
    await db.metrics.write(later.fence, [{ key: "loss", step: 0, value: 7 }]);
    await db.metrics.write(earlier.fence, [{ key: "loss", step: 9, value: 8 }]);
    const progress = { done: 2, total: 10, unit: "steps", at: new Date().toISOString(), secondsLeft: 8 };
    await db.stages.heartbeat(stage.fence, { leaseMs: 1000, progress });
    const first = await db.runs.list({ limit: 2, metricKeys: ["loss"] });
    expect(first.runs.map(({ id }) => id)).toEqual([ids[2], ids[1]]);
    expect(first.runs[0]).toMatchObject({
      status: "running",
      numStages: 2,
      numFinishedStages: 0,
      current: { stageName: "train-3", progress },
      metrics: { loss: Number.NaN },
    });
    // The later stage's, though the earlier one wrote last.
    expect(first.runs[1]?.metrics).toEqual({ loss: 7 });
    const second = await db.runs.list({ limit: 2, cursor: first.nextCursor! });
    expect(second).toMatchObject({ runs: [{ id: ids[0], metrics: {} }], nextCursor: null });
    expect((await db.runs.list({ status: "running" })).runs).toHaveLength(2);
    expect((await db.runs.list({ recipe: "unknown" })).runs).toEqual([]);
    expect(await db.runs.countByStatus()).toMatchObject({ queued: 1, running: 2, succeeded: 0 });
  });
});
