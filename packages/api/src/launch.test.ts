import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { startTestApi, type TestApi } from "./testing.ts";
import { refusal } from "./testing-refusal.ts";
import { startTestWorker } from "./testing-worker.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(inject("postgresUrl"));
});
afterAll(() => api.close());

describe("runs.launch", () => {
  it("creates a run a seed with the recipe's stages, parameters complete", async () => {
    const { runIds } = await api.retort.runs.launch.mutate({
      recipe: "diagnostic",
      params: { steps: 3 },
      seeds: [1, 2],
      project: "demo",
    });
    expect(runIds).toHaveLength(2);
    const run = await api.retort.runs.get.query({ runId: runIds[1]! });
    expect(run).toMatchObject({ recipe: "diagnostic", seed: 2, status: "queued", project: { slug: "demo" } });
    expect(run.params).toMatchObject({ steps: 3, stepMs: 50, failure: "none" });
    expect(run.stages.map(({ name, status }) => [name, status])).toEqual([
      ["work", "ready"],
      ["check", "pending"],
    ]);
    expect(run.stages[1]!.inputs).toEqual([{ name: "report", stageName: "work", artifactName: "report" }]);
    const { runs } = await api.retort.runs.list.query({});
    expect(runs.map(({ id }) => id)).toEqual([...runIds].reverse());
    expect(runs[0]!.configKey).toBe(runs[1]!.configKey);
  });

  it("makes equal stages one: a second launch reuses the first's", async () => {
    const request = { recipe: "diagnostic", params: { steps: 5 }, seeds: [7] };
    const before = await api.retort.runs.preview.query(request);
    expect(before.totals).toEqual({ runs: 1, stages: 2, unique: 2, toExecute: 2, reused: 0 });
    expect(before.runs[0]!.stages.map(({ existing }) => existing)).toEqual([null, null]);

    const first = await api.retort.runs.launch.mutate(request);
    const second = await api.retort.runs.launch.mutate(request);
    const [a, b] = await Promise.all(
      [first, second].map(({ runIds }) => api.retort.runs.get.query({ runId: runIds[0]! })),
    );
    expect(b!.stages.map(({ id }) => id)).toEqual(a!.stages.map(({ id }) => id));
    expect(b!.stages.every(({ reused }) => reused)).toBe(true);
    const after = await api.retort.runs.preview.query(request);
    expect(after.runs[0]!.stages.map(({ existing }) => existing)).toEqual(["ready", "pending"]);

    const { usedBy, keyParts } = await api.retort.stages.explain.query({ stageId: a!.stages[0]!.id });
    expect(usedBy.map(({ runId }) => runId).sort()).toEqual([...first.runIds, ...second.runIds].sort());
    expect(keyParts).toMatchObject({ kind: "diagnostic", seed: 7 });
  });

  it("needs only what differs from the defaults, below a choice too", async () => {
    const { params } = await api.retort.runs.preview.query({
      recipe: "quickstart",
      params: { data: { params: { numTrainImages: 7 } } },
    });
    expect(params.data).toMatchObject({ adapter: "scenes", params: { numTrainImages: 7, numTestImages: 400 } });
  });

  it("refuses what cannot be run, telling what would be", async () => {
    const launch = api.retort.runs.launch.mutate;
    expect(await refusal(launch({ recipe: "diagnose" }))).toMatchObject({
      code: "UNKNOWN_RECIPE",
      expected: expect.stringContaining("diagnostic"),
      got: "diagnose",
    });
    const unknownKey = await refusal(launch({ recipe: "diagnostic", params: { step: 3 } }));
    expect(unknownKey).toMatchObject({ code: "BAD_PARAMS", where: "params", got: '"step"' });
    expect(unknownKey.expected).toContain("steps, stepMs");
    expect(await refusal(launch({ recipe: "diagnostic", params: { steps: 0 } }))).toMatchObject({
      code: "BAD_PARAMS",
      where: "params.steps",
      expected: "at least 1",
      got: "0",
    });
    expect(await refusal(launch({ recipe: "diagnostic", project: "nowhere" }))).toMatchObject({
      code: "UNKNOWN_PROJECT",
      expected: "one of demo",
    });
    expect(await refusal(launch({ recipe: "diagnostic", seeds: [-1] }))).toMatchObject({
      code: "BAD_INPUT",
      where: "seeds.0",
      expected: "at least 0",
    });
    const numRuns = (await api.retort.runs.list.query({})).runs.length;
    expect(numRuns).toBe(4);
  });

  it("asks for the project once there are several", async () => {
    await api.retort.projects.ensure.mutate({ slug: "second", name: "Second" });
    const { code, expected } = await refusal(api.retort.runs.launch.mutate({ recipe: "diagnostic" }));
    expect([code, expected]).toEqual(["AMBIGUOUS_PROJECT", "one of demo, second"]);
  });
});

describe("runs.cancel and runs.retry", () => {
  it("stop a run and give it a new try", async () => {
    const { runIds } = await api.retort.runs.launch.mutate({ recipe: "diagnostic", seeds: [99], project: "demo" });
    const runId = runIds[0]!;
    await api.retort.runs.cancel.mutate({ runId });
    expect((await api.retort.runs.get.query({ runId })).status).toBe("cancelled");
    await api.retort.runs.retry.mutate({ runId });
    expect((await api.retort.runs.get.query({ runId })).status).toBe("queued");
    expect((await refusal(api.retort.runs.retry.mutate({ runId }))).code).toBe("CONFLICT");
    const missing = "01890000-0000-7000-8000-000000000000";
    expect((await refusal(api.retort.runs.cancel.mutate({ runId: missing }))).code).toBe("NOT_FOUND");
  });
});

describe("results", () => {
  it("stand in the run, its headline, the leaderboard and the sample pages", async () => {
    const { runIds } = await api.retort.runs.launch.mutate({
      recipe: "diagnostic",
      params: { steps: 1 },
      seeds: [1],
      project: "second",
    });
    const png = Buffer.from("89504e470d0a1a0a", "hex");
    const image = await api.store.put(png);
    const weights = await api.store.put(Buffer.from("not for image tags"));
    const worker = await startTestWorker(api.db);
    let wanted = await worker.claim();
    while (!wanted.runIds.includes(runIds[0]!)) wanted = await worker.claim();
    const { fence } = wanted;
    await api.db.artifacts.record(fence, { name: "report", kind: "json", ...weights });
    await api.db.evaluations.save(fence, {
      dataset: "scenes",
      split: "test",
      condition: "full",
      metrics: { checksPassed: 0.5 },
      samples: [
        { sampleId: "a", clusterId: "1", score: 1, detail: { question: "?" }, imageSha256: image.sha256 },
        { sampleId: "b", clusterId: "1", score: 0, detail: {} },
      ],
    });
    await api.db.stages.succeed(fence);
    const run = await api.retort.runs.get.query({ runId: runIds[0]! });
    expect(run.headline).toMatchObject({ metric: "checksPassed", value: 0.5, dataset: "scenes" });
    const listed = (await api.retort.runs.list.query({ project: "second" })).runs[0]!;
    expect(listed.headline).toEqual(run.headline);

    const board = await api.retort.leaderboard.rows.query({ recipe: "diagnostic" });
    expect(board.rows).toMatchObject([{ n: 1, mean: 0.5, std: null, condition: "full", runIds }]);
    const measured = { recipe: "diagnostic", title: "Diagnostic", measuredAt: expect.any(Date) };
    expect(await api.retort.leaderboard.recipes.query({})).toEqual([measured]);
    expect(await api.retort.leaderboard.recipes.query({ project: "second" })).toEqual([measured]);
    expect(await api.retort.leaderboard.recipes.query({ project: "demo" })).toEqual([]);

    const [evaluation] = await api.retort.evaluations.forRun.query({ runId: runIds[0]! });
    const wrong = await api.retort.evaluations.samples.query({ evaluationId: evaluation!.id, onlyWrong: true });
    expect(wrong.samples.map(({ sampleId }) => sampleId)).toEqual(["b"]);
    const { samples, total } = await api.retort.evaluations.samples.query({ evaluationId: evaluation!.id });
    expect([total, samples[0]!.imageSha256]).toEqual([2, image.sha256]);

    const headers = { authorization: `Bearer ${api.apiKey}` };
    const picture = await fetch(`${api.url}/api/images/${image.sha256}`, { headers });
    expect(Buffer.from(await picture.arrayBuffer())).toEqual(png);
    expect(picture.headers.get("cache-control")).toContain("immutable");
    expect((await fetch(`${api.url}/api/images/${image.sha256}`)).status).toBe(401);
    expect((await fetch(`${api.url}/api/images/${weights.sha256}`, { headers })).status).toBe(404);

    const [artifact] = await api.retort.artifacts.list.query({ runId: runIds[0]! });
    expect(artifact).toMatchObject({ stageName: "work", fileName: "report.json", sizeBytes: 18 });
    const download = `${api.url}/api/artifacts/${artifact!.id}/download`;
    const file = await fetch(download, { headers });
    expect(file.headers.get("content-disposition")).toBe('attachment; filename="report.json"');
    expect(await file.text()).toBe("not for image tags");
    expect((await fetch(download)).status).toBe(401);
    expect((await fetch(`${api.url}/api/artifacts/nonsense/download`, { headers })).status).toBe(404);
  });
});

it("says which parts of the key keep a stage from being another one", async () => {
  const launch = async (steps: number) => {
    const { runIds } = await api.retort.runs.launch.mutate({
      recipe: "diagnostic",
      params: { steps },
      project: "demo",
    });
    return api.retort.runs.get.query({ runId: runIds[0]! });
  };
  const one = await launch(4_001);
  const other = await launch(4_002);
  const near = await api.retort.stages.nearest.query({ stageId: other.stages[1]!.id, limit: 1 });
  expect(near).toMatchObject([{ stageName: "check", status: "pending" }]);
  expect(near[0]!.differences.map(({ path }) => path)).toEqual(["inputs.report.contentKey", "params.steps"]);
  const first = await api.retort.stages.nearest.query({ stageId: other.stages[0]!.id, limit: 50 });
  expect(first.find(({ stageId }) => stageId === one.stages[0]!.id)).toMatchObject({
    run: { id: one.id, name: one.name },
    differences: [{ path: "params.steps", ours: 4_002, theirs: 4_001 }],
  });
});
