import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { describeError } from "./client.ts";
import { startTestApi, type TestApi } from "./testing.ts";
import { startTestWorker, type TestWorker } from "./testing-worker.ts";

let api: TestApi;
let worker: TestWorker;
beforeAll(async () => {
  api = await startTestApi(inject("postgresUrl"));
  worker = await startTestWorker(api.db);
});
afterAll(() => api.close());

async function launch(params: Record<string, unknown>, project = "demo"): Promise<string> {
  const { runIds } = await api.retort.runs.launch.mutate({ recipe: "diagnostic", params, seeds: [1], project });
  return runIds[0]!;
}

/** Executes what is ready; the results are those of `result`, the times are never the same. */
async function execute(result: { loss: number; report: string; score?: number }): Promise<number> {
  for (let done = 0; ; done++) {
    const capabilities = { devices: ["cpu"], threads: 4, memoryBytes: 2 ** 33 };
    const stage = await api.db.stages.claim({ workerId: worker.id, capabilities, leaseMs: 60_000 });
    if (stage === null) return done;
    const { fence, kind } = stage;
    await api.db.metrics.write(fence, [
      { key: "loss", step: 1, value: 0.5 },
      { key: "loss", step: 2, value: result.loss },
      { key: "nan", step: 1, value: Number.NaN },
      { key: "stepMs", step: 1, value: Math.random() },
    ]);
    if (kind === "diagnostic") {
      await api.db.checkpoints.record(fence, { step: 1, sha256: `checkpoint ${stage.id}`, sizeBytes: 5 });
    }
    const sample = { sampleId: "a", clusterId: "a", detail: {}, score: result.score ?? 1 };
    await api.db.evaluations.save(fence, {
      dataset: "d",
      split: "s",
      condition: "full",
      metrics: { accuracy: 1 },
      samples: [sample],
    });
    const name = kind === "diagnostic" ? "report" : "checks";
    await api.db.artifacts.record(fence, { name, kind: "json", sha256: result.report, sizeBytes: 1 });
    await api.db.stages.succeed(fence);
  }
}

const stagesOf = async (runId: string) => (await api.retort.runs.get.query({ runId })).stages;

describe("runs.rerun and runs.compare", () => {
  it("executes a stage and what depends on it anew, and keeps what there was", async () => {
    const runId = await launch({ printLines: 1 });
    expect(await execute({ loss: 0.25, report: "a" })).toBe(2);
    const { runId: fromCheck } = await api.retort.runs.rerun.mutate({ runId, from: "check" });
    const [work, check] = await stagesOf(fromCheck);
    expect([work!.reused, work!.status, check!.reused]).toEqual([true, "succeeded", false]);
    expect(await execute({ loss: 0.25, report: "a" })).toBe(1);
    const { runId: whole } = await api.retort.runs.rerun.mutate({ runId });
    expect(await execute({ loss: 0.25, report: "a" })).toBe(2);
    const { runId: third } = await api.retort.runs.rerun.mutate({ runId: whole });
    expect((await stagesOf(third))[0]!.reused).toBe(false);
    expect((await stagesOf(runId)).map(({ status }) => status)).toEqual(["succeeded", "succeeded"]);
    await execute({ loss: 0.75, report: "b", score: 0 });

    const equal = await api.retort.runs.compare.query({ runId, otherId: whole });
    expect(equal.map(({ name, isEqual, isShared, numPoints }) => [name, isEqual, isShared, numPoints])).toEqual([
      ["work", true, false, 3],
      ["check", true, false, 3],
    ]);
    const shared = await api.retort.runs.compare.query({ runId, otherId: fromCheck });
    expect(shared.map(({ isShared }) => isShared)).toEqual([true, false]);
    const [different] = await api.retort.runs.compare.query({ runId, otherId: third });
    expect(different).toMatchObject({
      isEqual: false,
      artifacts: ["report"],
      metrics: [{ key: "loss", firstStep: 2, numPoints: 1 }],
      evaluations: ["d/s/full: 1 samples"],
    });
    const missing = api.retort.runs.rerun.mutate({ runId, from: "sft" });
    expect(await missing.catch(describeError)).toMatchObject({ code: "UNKNOWN_STAGE", expected: "one of work, check" });
  });
});

describe("runs.fork", () => {
  it("begins from the checkpoint of another stage, with changed parameters and a key of its own", async () => {
    const runId = await launch({ printLines: 2 });
    await execute({ loss: 0.25, report: "a" });
    const [source] = await stagesOf(runId);
    const forked = await api.retort.runs.fork.mutate({ runId, stage: "work", params: { stepMs: 7 } });
    expect(forked.step).toBe(1);
    const [work, check] = await stagesOf(forked.runId);
    expect([work!.reused, check!.reused, work!.params.stepMs]).toEqual([false, false, 7]);
    const claimed = await worker.claim();
    expect(claimed).toMatchObject({
      id: work!.id,
      attempt: 1,
      checkpoint: { step: 1, sha256: `checkpoint ${source!.id}` },
    });
    const { keyParts } = await api.retort.stages.explain.query({ stageId: work!.id });
    expect(keyParts.fork).toEqual({ step: 1, sha256: `checkpoint ${source!.id}` });
    // What the fork began from stays, though its source goes on to newer checkpoints.
    expect(await api.db.artifacts.isReferenced(`checkpoint ${source!.id}`)).toBe(true);
    const again = await api.retort.runs.fork.mutate({ runId, stage: "work", params: { stepMs: 7 } });
    expect((await stagesOf(again.runId))[0]!.id).toBe(work!.id);
    const elsewhere = api.retort.runs.fork.mutate({ runId, stage: "work", step: 7 });
    expect(await elsewhere.catch(describeError)).toMatchObject({ code: "CONFLICT", expected: "one of the steps 1" });
    const nothing = api.retort.runs.fork.mutate({ runId, stage: "check" });
    expect(await nothing.catch(describeError)).toMatchObject({ code: "CONFLICT" });
    await api.db.stages.fail(claimed.fence, { kind: "user", code: "X", message: "x" }, { retry: false, delayMs: 0 });
  });
});

it("a fork begins from whichever checkpoint is asked for", async () => {
  const runId = await launch({ printLines: 12 });
  const { fence, id } = await worker.claim();
  for (const step of [1, 2, 3]) {
    await api.db.checkpoints.record(fence, { step, sha256: `state ${step} of ${id}`, sizeBytes: 9 });
  }
  await api.db.stages.fail(fence, { kind: "user", code: "X", message: "x" }, { retry: false, delayMs: 0 });
  const kept = await api.retort.runs.checkpoints.query({ runId, stage: "work" });
  expect(kept.map(({ step, sizeBytes }) => [step, sizeBytes])).toEqual([
    [3, 9],
    [2, 9],
    [1, 9],
  ]);
  const forked = await api.retort.runs.fork.mutate({ runId, stage: "work", step: 2, params: { stepMs: 7 } });
  expect(forked.step).toBe(2);
  const claimed = await worker.claim();
  expect(claimed.checkpoint).toMatchObject({ step: 2, sha256: `state 2 of ${id}` });
  await api.db.stages.fail(claimed.fence, { kind: "user", code: "X", message: "x" }, { retry: false, delayMs: 0 });
});

describe("why a stage was not reused", () => {
  it("names the parts that differ in the nearest stages, down to the cause", async () => {
    const first = await launch({ printLines: 3, stepMs: 1 });
    const second = await launch({ printLines: 3, stepMs: 2 });
    const [ours, theirs] = [(await stagesOf(second))[1]!, (await stagesOf(first))[1]!];
    const compared = await api.retort.stages.compare.query({ stageId: ours.id, otherId: theirs.id });
    expect(compared).toEqual({
      isSame: false,
      differences: [{ via: ["report"], path: "params.stepMs", ours: 2, theirs: 1 }],
    });
    const work = (await stagesOf(second))[0]!;
    expect(await api.retort.stages.compare.query({ stageId: work.id, otherId: work.id })).toEqual({
      isSame: true,
      differences: [],
    });
    for (const runId of [first, second]) await api.retort.runs.cancel.mutate({ runId });
  });
});

describe("a project that keeps its results to itself", () => {
  it("neither gives nor takes stages; others share", async () => {
    await api.retort.projects.ensure.mutate({ slug: "open", name: "Open" });
    await api.retort.projects.ensure.mutate({ slug: "closed", name: "Closed" });
    await api.retort.projects.setIsolated.mutate({ slug: "closed", isIsolated: true });
    const reused = async (project: string) =>
      (await stagesOf(await launch({ printLines: 4 }, project))).map((stage) => stage.reused);
    expect(await reused("demo")).toEqual([false, false]);
    expect(await reused("open")).toEqual([true, true]);
    expect(await reused("closed")).toEqual([false, false]);
    expect(await reused("closed")).toEqual([true, true]);
  });
});
