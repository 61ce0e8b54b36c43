import type { EvaluationInput } from "@retort/db";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { startTestApi, type TestApi } from "./testing.ts";
import { startTestWorker } from "./testing-worker.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(inject("postgresUrl"));
});
afterAll(() => api.close());

const where = { dataset: "answers", split: "test", condition: "full" };

/** Launches a configuration and measures it: per seed the scores of its four questions, two about each picture. */
async function measured(steps: number, scoresBySeed: readonly (readonly number[])[], metric?: number) {
  const worker = await startTestWorker(api.db);
  const seeds = scoresBySeed.map((_, index) => index + 1);
  const { runIds } = await api.retort.runs.launch.mutate({ recipe: "diagnostic", params: { steps }, seeds });
  // Each run's second stage needs a file that nobody has made here: no worker can take it.
  for (const _ of seeds) {
    const { fence, seed } = await worker.claim();
    const scores = scoresBySeed[seed - 1]!;
    const samples: EvaluationInput["samples"] = scores.map((score, index) => ({
      sampleId: `question-${index}`,
      clusterId: `picture-${index >> 1}`,
      score,
      detail: {},
    }));
    const score = metric ?? scores.reduce((sum, each) => sum + each, 0) / scores.length;
    await api.db.evaluations.save(fence, { ...where, metrics: { score }, samples });
    await api.db.stages.succeed(fence);
  }
  return runIds;
}

it("pairs questions and seeds, and says how sure the difference is", async () => {
  const baseline = await measured(101, [
    [0, 1, 0, 0],
    [0, 0, 0, 1],
  ]);
  const better = await measured(102, [
    [1, 1, 1, 0],
    [1, 1, 0, 1],
  ]);
  const single = await measured(103, [[0, 1, 0, 1]]);
  const found = await api.retort.evaluations.compare.query({
    ...where,
    metric: "score",
    baseline,
    others: [
      { id: "better", runIds: better },
      { id: "single", runIds: single },
      { id: "itself", runIds: baseline },
    ],
  });
  const [first, second, itself] = found;
  // Question by question: 1, 0.5, 0.5, 0; both pictures' sums of residuals are 0.5 and -0.5: se = sqrt(2 x 0.25) / 4 x sqrt(2).
  expect(first!.overSamples).toMatchObject({ mean: 0.5, n: 4, numClusters: 2 });
  expect(first!.overSamples!.high - 0.5).toBeCloseTo(12.7062 * 0.25, 3);
  // Seed by seed: 0.75 - 0.25 and 0.75 - 0.25.
  expect(first!.overSeeds).toEqual({ mean: 0.5, low: 0.5, high: 0.5, n: 2 });
  expect(second).toMatchObject({ id: "single", overSeeds: null });
  expect(second!.overSamples!.mean).toBeCloseTo(0.25, 12);
  expect(itself!.overSamples).toMatchObject({ mean: 0, low: 0, high: 0 });
});

it("pairs no samples of a metric that is not their mean, and nothing that was not measured", async () => {
  const baseline = await measured(201, [[0.2, 0.9, 0.4]], 0.7);
  const other = await measured(202, [[0.1, 0.8, 0.6]], 0.9);
  const ask = (metric: string) =>
    api.retort.evaluations.compare.query({
      ...where,
      metric,
      baseline,
      others: [{ id: "other", runIds: other }],
    });
  expect(await ask("score")).toEqual([{ id: "other", overSamples: null, overSeeds: null }]);
  expect(await ask("unheard-of")).toEqual([{ id: "other", overSamples: null, overSeeds: null }]);
});

it("sets configurations against everything that they were measured by", async () => {
  const { columns, rows } = await api.retort.leaderboard.matrix.query({ recipe: "diagnostic" });
  expect(columns).toEqual([{ dataset: "answers", split: "test", metric: "score" }]);
  const means = rows.map(({ params, cells }) => [params.steps, cells[0]?.n, cells[0]?.mean]);
  expect(means).toEqual(
    expect.arrayContaining([
      [101, 2, 0.25],
      [103, 1, 0.5],
    ]),
  );
});
