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

const seeds = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);

async function launch(seedsOfRuns: number[]): Promise<string[]> {
  return (await api.retort.runs.launch.mutate({ recipe: "diagnostic", seeds: seedsOfRuns })).runIds;
}

it("shows what runs though many newer runs wait, what has ended beside it, and counts all of them", async () => {
  const [ended] = await launch([0]);
  await api.retort.runs.cancel.mutate({ runId: ended! });
  const running = await launch([1, 2]);
  await worker.claim();
  await worker.claim();
  const [paused, ...queued] = await launch(seeds(10, 25));
  await api.retort.runs.pause.mutate({ runId: paused! });

  const busy = await api.retort.overview.get.query();
  expect(busy.liveRuns.map(({ id }) => id)).toEqual([...running.toReversed(), ...queued.toReversed().slice(0, 8)]);
  expect(busy.liveRuns[0]).toMatchObject({ status: "running", current: { stageName: "work" } });
  expect(busy.endedRuns.map(({ id }) => id)).toEqual([ended]);
  expect(busy.runCounts).toMatchObject({ running: 2, queued: 25, cancelled: 1 });

  for (const runId of queued.slice(2)) await api.retort.runs.cancel.mutate({ runId });
  await api.retort.runs.pause.mutate({ runId: running[1]! });
  const calm = await api.retort.overview.get.query();
  // What is paused stands last, though one of the two is running by its status and newer than the other that runs.
  expect(calm.liveRuns.map(({ id }) => id)).toEqual([running[0], queued[1], queued[0], paused, running[1]]);
  expect(calm.endedRuns.map(({ id }) => id)).toEqual(queued.slice(2).toReversed().slice(0, 10));
});
