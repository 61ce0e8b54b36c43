import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { startTestApi, type TestApi } from "./testing.ts";
import { startTestWorker, type TestWorker } from "./testing-worker.ts";

let api: TestApi;
let worker: TestWorker;
beforeAll(async () => {
  api = await startTestApi(inject("postgresUrl"));
  worker = await startTestWorker(api.db);
});
afterAll(() => api.close());

it("says of every stage that waits what it waits for", async () => {
  expect(await api.retort.queue.get.query({})).toMatchObject({ stages: [] });
  const launch = async (params: Record<string, unknown>) => {
    const { runIds } = await api.retort.runs.launch.mutate({ recipe: "diagnostic", params });
    return runIds[0]!;
  };
  const runId = await launch({ steps: 3 });
  await worker.claim();
  await launch({ steps: 4, device: "cuda" });
  await api.db.stages.explainWaiting();
  const { counts, stages } = await api.retort.queue.get.query({});
  expect(counts).toEqual({ running: 1, ready: 0, held: 1, pending: 2, quarantined: 0 });
  expect(stages.map(({ name, reason }) => [name, reason])).toEqual([
    ["work", null],
    ["work", expect.stringContaining('no worker has the device "cuda"')],
    ["check", "after work"],
    ["check", "after work"],
  ]);
  expect(stages[0]).toMatchObject({ worker: { id: worker.id }, run: { id: runId }, project: "demo", dueAt: null });

  await api.retort.runs.pause.mutate({ runId });
  const held = await api.retort.queue.get.query({ place: "held" });
  expect(held.stages.map(({ name, reason }) => [name, reason])).toContainEqual(["check", "paused"]);
});

it("shows how far a stage had come that gave way, and counts nothing of it as wasted", async () => {
  const { runIds } = await api.retort.runs.launch.mutate({ recipe: "diagnostic", params: { steps: 60 } });
  const runId = runIds[0]!;
  const { fence, id } = await worker.claim();
  const progress = { done: 40, total: 60, unit: "steps", at: new Date().toISOString(), secondsLeft: 1 };
  await api.db.stages.heartbeat(fence, { leaseMs: 60_000, progress });
  await api.db.checkpoints.record(fence, { step: 40, sha256: "kept", sizeBytes: 1 });
  const failure = { kind: "preempted" as const, code: "PREEMPTED", message: "The attempt gave way" };
  await api.db.stages.fail(fence, failure, { retry: true, delayMs: 0 });

  const run = await api.retort.runs.get.query({ runId });
  expect(run.stages[0]).toMatchObject({ id, status: "ready", progress: { done: 40 }, failure: null });
  expect(run.cost.deviceSeconds).toBeGreaterThan(0);
  expect(run.cost.wastedDeviceSeconds).toBe(0);
  expect((await api.retort.overview.get.query()).cost.wastedDeviceSeconds).toBe(0);
  const { stages } = await api.retort.queue.get.query({ place: "ready" });
  expect(stages.find((stage) => stage.id === id)).toMatchObject({ progress: { done: 40, total: 60 } });
});
