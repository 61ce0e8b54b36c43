import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { createDatabase, type Database } from "./database.ts";
import type { EvaluationInput } from "./evaluations.ts";
import { createTestDatabase } from "./testing.ts";
import { claimed, finish, launch, plannedStage, testWorker } from "./testing-fixtures.ts";

// What attempts leave behind: logs, artifacts, checkpoints, evaluations; and the leaderboard made of them.

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

async function start(name = "train") {
  const runId = await launch(db, [plannedStage(name)]);
  return { runId, stage: await claimed(db, { workerId, runId, name }) };
}

describe("logs", () => {
  const line = (index: number, message = `line ${index}`) => ({
    index,
    at: new Date(index),
    level: "info" as const,
    message,
  });

  it("are in order over attempts and stored once", async () => {
    const { stage } = await start();
    await db.logs.append(stage.fence, [line(1), line(0)]);
    await db.logs.append(stage.fence, [line(1), line(2)]);
    await db.stages.fail(stage.fence, { kind: "preempted", code: "X", message: "x" }, { retry: true, delayMs: 0 });
    const next = await claimed(db, { workerId });
    await db.logs.append(next.fence, [line(0, "again")]);
    const all = await db.logs.list({ stageId: stage.id, limit: 100 });
    expect(all.map(({ attempt, message }) => [attempt, message])).toEqual([
      [1, "line 0"],
      [1, "line 1"],
      [1, "line 2"],
      [2, "again"],
    ]);
    const rest = await db.logs.list({ stageId: stage.id, afterSeq: all[1]!.seq, limit: 1 });
    expect(rest.map(({ message }) => message)).toEqual(["line 2"]);
    const tail = await db.logs.list({ stageId: stage.id, limit: 2, tail: true });
    expect(tail.map(({ message }) => message)).toEqual(["line 2", "again"]);
  });

  it("take whatever a process may print", async () => {
    const { stage } = await start();
    await db.logs.append(stage.fence, [line(0, "nul \u0000 half \ud83d pair 😀")]);
    expect((await db.logs.list({ stageId: stage.id, limit: 1 }))[0]?.message).toBe("nul \ufffd half \ufffd pair 😀");
  });
});

describe("artifacts", () => {
  it("have one row a name; the last record counts", async () => {
    const { stage, runId } = await start();
    const first = await db.artifacts.record(stage.fence, { name: "model", kind: "onnx", sha256: "a", sizeBytes: 5e9 });
    const second = await db.artifacts.record(stage.fence, {
      ...{ name: "model", kind: "onnx", sha256: "b", sizeBytes: 6e9 },
      meta: { opset: 21 },
    });
    expect(second).toEqual(first);
    const row = { id: first.id, name: "model", sha256: "b", sizeBytes: 6e9, attempt: 1, meta: { opset: 21 } };
    expect(await db.artifacts.get(first.id)).toMatchObject(row);
    expect(await db.artifacts.forStage(stage.id)).toMatchObject([row]);
    expect(await db.artifacts.forRun(runId)).toMatchObject([{ ...row, stageName: "train" }]);
    expect(await db.artifacts.get("00000000-0000-4000-8000-000000000000")).toBeNull();
    expect([await db.artifacts.isReferenced("a"), await db.artifacts.isReferenced("b")]).toEqual([false, true]);
  });
});

describe("checkpoints", () => {
  it("keep as many of the newest as asked for", async () => {
    const { stage } = await start();
    const save = (step: number) =>
      db.checkpoints.record(stage.fence, { step, sha256: `state ${step}`, sizeBytes: 7, keep: 2 });
    const steps = async () => (await db.checkpoints.list(stage.id)).map(({ step }) => step);
    expect([await save(10), await save(20), await save(30)]).toEqual([
      { unreferenced: [] },
      { unreferenced: [] },
      { unreferenced: ["state 10"] },
    ]);
    expect(await steps()).toEqual([30, 20]);
    // After a resume from an older state, later steps are another attempt's.
    expect(await save(25)).toEqual({ unreferenced: ["state 30"] });
    expect(await steps()).toEqual([25, 20]);
  });

  it("keep the newest and name contents that may go", async () => {
    const { stage } = await start();
    const save = (step: number, sha256: string) =>
      db.checkpoints.record(stage.fence, { step, sha256, sizeBytes: 7, keep: 1 });
    expect(await save(10, "ten")).toEqual({ unreferenced: [] });
    await db.artifacts.record(stage.fence, { name: "model", kind: "onnx", sha256: "twenty", sizeBytes: 1 });
    expect(await save(20, "twenty")).toEqual({ unreferenced: ["ten"] });
    // The content of step 20 is an artifact's, too.
    expect(await save(30, "thirty")).toEqual({ unreferenced: [] });
    expect(await db.checkpoints.latest(stage.id)).toMatchObject({
      step: 30,
      sha256: "thirty",
      sizeBytes: 7,
      attempt: 1,
    });
    // After a resume from an older state, an earlier step is the newest.
    expect(await save(25, "thirty")).toEqual({ unreferenced: [] });
    expect(await db.checkpoints.latest(stage.id)).toMatchObject({ step: 25 });
  });
});

const evaluation = (accuracy: number, options: Partial<EvaluationInput> = {}): EvaluationInput => ({
  dataset: "easy-vqa",
  split: "test",
  condition: "full",
  metrics: { vqaAccuracy: accuracy },
  samples: [],
  ...options,
});

describe("evaluations", () => {
  const samples = Array.from({ length: 5_003 }, (_, i) => ({
    sampleId: `q${i}`,
    clusterId: `image-${i % 10}`,
    score: i % 4 === 0 ? 0.3 : 1,
    detail: { question: `what \u0000 ${i}?`, given: "red" },
    imageSha256: i < 10 ? `sha-${i}` : null,
  }));

  it("are saved whole and read page by page", async () => {
    const { stage, runId } = await start();
    await db.evaluations.save(stage.fence, evaluation(0.5, { samples: samples.slice(0, 7) }));
    const { id } = await db.evaluations.save(stage.fence, evaluation(0.825, { samples }));
    const rows = await db.evaluations.forRun(runId);
    expect(rows).toMatchObject([
      { id, stageName: "train", condition: "full", numSamples: 5_003, metrics: { vqaAccuracy: 0.825 }, attempt: 1 },
    ]);
    const page = await db.evaluations.samples({ evaluationId: id, offset: 4_999, limit: 3 });
    expect(page.total).toBe(5_003);
    expect(page.samples.map(({ index, sampleId }) => [index, sampleId])).toEqual([
      [4_999, "q4999"],
      [5_000, "q5000"],
      [5_001, "q5001"],
    ]);
    expect(page.samples[0]?.detail).toEqual({ question: "what \ufffd 4999?", given: "red" });
    const wrong = await db.evaluations.samples({ evaluationId: id, offset: 1, limit: 1, onlyWrong: true });
    expect(wrong).toMatchObject({ total: 1_251, samples: [{ sampleId: "q4", score: 0.3, imageSha256: "sha-4" }] });
    const shown = await db.evaluations.samples({ evaluationId: id, offset: 0, limit: 50, onlyWithImage: true });
    expect(shown.total).toBe(10);
    expect(await db.artifacts.isReferenced("sha-9")).toBe(true);
    expect((await db.runs.get(runId))?.evaluations).toEqual(rows);
  });

  it("are found by their fields, sorted by score, and tell what they can be found by", async () => {
    const { stage } = await start();
    const graded = [0.9, 0.1, 0.5, 0.7].map((score, index) => ({
      sampleId: `s${index}`,
      clusterId: `s${index}`,
      score,
      detail: { category: index < 2 ? "screw" : "tile", defect: index === 3 ? "crack" : "good", brightness: index },
      imageSha256: null,
    }));
    const { id: evaluationId } = await db.evaluations.save(stage.fence, evaluation(0.5, { samples: graded }));
    const ask = async (query: Partial<Parameters<typeof db.evaluations.samples>[0]>) => {
      const page = await db.evaluations.samples({ evaluationId, offset: 0, limit: 10, ...query });
      return page.samples.map(({ sampleId }) => sampleId);
    };
    expect(await ask({ order: "worst" })).toEqual(["s1", "s2", "s3", "s0"]);
    expect(await ask({ order: "best", fields: { category: "tile" } })).toEqual(["s3", "s2"]);
    expect(await ask({ fields: { category: "tile", defect: "good" } })).toEqual(["s2"]);
    expect(await ask({ fields: { brightness: "1" } })).toEqual(["s1"]);
    expect(await ask({ sampleIds: ["s3", "s0", "unheard-of"] })).toEqual(["s0", "s3"]);
    const facets = await db.evaluations.facets(evaluationId);
    expect(facets.map(({ key }) => key)).toEqual(["brightness", "category", "defect"]);
    expect(facets[1]!.values).toEqual([
      { value: "screw", n: 2, meanScore: 0.5 },
      { value: "tile", n: 2, meanScore: 0.6 },
    ]);
  });
});

describe("leaderboard", () => {
  async function evaluated(options: {
    config: string;
    seed: number;
    accuracy: number;
    condition?: string;
    fails?: boolean;
    recipe?: string;
  }) {
    const { config, seed, accuracy, condition = "full", recipe } = options;
    const name = `${config}-${seed}-${condition}`;
    const runId = await launch(db, [plannedStage(name)], { configKey: config, seed, name, recipe });
    const stage = await claimed(db, { workerId, runId, name });
    await db.evaluations.save(stage.fence, evaluation(accuracy, { condition }));
    if (options.fails) {
      await db.stages.fail(stage.fence, { kind: "user", code: "X", message: "x" }, { retry: false, delayMs: 0 });
    } else {
      await finish(db, stage);
    }
    return runId;
  }
  const query = { recipe: "test", metric: "vqaAccuracy" };

  it("groups seeds: mean, sample deviation, range", async () => {
    const runIds = [
      await evaluated({ config: "a", seed: 3, accuracy: 0.9 }),
      await evaluated({ config: "a", seed: 1, accuracy: 0.8 }),
      await evaluated({ config: "a", seed: 2, accuracy: 0.7 }),
    ];
    await evaluated({ config: "b", seed: 1, accuracy: 0.95 });
    await evaluated({ config: "a", seed: 1, accuracy: 0.4, condition: "image-blanked" });
    await evaluated({ config: "a", seed: 4, accuracy: 0.1, fails: true });
    const rows = await db.leaderboard.rows(query);
    expect(rows.map(({ configKey, condition, n }) => [configKey, condition, n])).toEqual([
      ["b", "full", 1],
      ["a", "full", 3],
      ["a", "image-blanked", 1],
    ]);
    expect(rows[0]?.std).toBeNull();
    const [, row] = rows;
    expect(row).toMatchObject({
      min: 0.7,
      max: 0.9,
      seeds: [1, 2, 3],
      runIds: [runIds[1], runIds[2], runIds[0]],
      params: { a: 1 },
    });
    expect(row?.mean).toBeCloseTo(0.8, 12);
    expect(row?.std).toBeCloseTo(0.1, 12);
    expect(await db.leaderboard.rows({ ...query, dataset: "other" })).toEqual([]);
    expect(await db.leaderboard.rows({ ...query, metric: "other" })).toEqual([]);
  });

  it("names the recipes that are measured, the last one first", async () => {
    const measure = async (recipe: string) => {
      const headlines = ["early", "late", "never", "failed"].map((name) => ({ recipe: name, metric: "vqaAccuracy" }));
      await evaluated({ config: recipe, seed: 1, accuracy: 0.5, recipe, fails: recipe === "failed" });
      const rows = await db.leaderboard.measured({ headlines });
      return rows.map((row) => row.recipe);
    };
    expect(await measure("failed")).toEqual([]);
    expect(await measure("early")).toEqual(["early"]);
    expect(await measure("late")).toEqual(["late", "early"]);
    await evaluated({ config: "again", seed: 2, accuracy: 0.6, recipe: "early" });
    const headlines = [
      { recipe: "late", metric: "vqaAccuracy" },
      { recipe: "early", metric: "vqaAccuracy" },
    ];
    const [first, second, ...rest] = await db.leaderboard.measured({ headlines });
    expect([first!.recipe, second!.recipe, rest]).toEqual(["early", "late", []]);
    expect(first!.measuredAt.getTime()).toBeGreaterThan(second!.measuredAt.getTime());
    // Measured, but not by what ranks it.
    expect(await db.leaderboard.measured({ headlines: [{ recipe: "late", metric: "other" }] })).toEqual([]);
    const { id: other } = await db.projects.ensure({ slug: "other", name: "Other" });
    expect(await db.leaderboard.measured({ headlines, projectId: other })).toEqual([]);
  });

  it("counts a seed once that was launched twice, and cancelled runs not at all", async () => {
    await evaluated({ config: "a", seed: 1, accuracy: 0.8 });
    const again = await launch(db, [plannedStage("a-1-full")], { configKey: "a", seed: 1, name: "again" });
    expect(await db.leaderboard.rows(query)).toMatchObject([{ n: 1, mean: 0.8, runIds: [again], runName: "again" }]);
    const { id: projectId } = await db.projects.ensure({ slug: "demo", name: "Demo" });
    expect(await db.leaderboard.rows({ ...query, projectId })).toHaveLength(1);
    const { id: other } = await db.projects.ensure({ slug: "other", name: "Other" });
    expect(await db.leaderboard.rows({ ...query, projectId: other })).toEqual([]);
  });
});
