import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { attemptPids } from "./attempt-pids.ts";
import { TestPlatform } from "./platform.ts";

let platform: TestPlatform;

beforeAll(async () => {
  platform = await TestPlatform.open();
  await platform.startWorker();
});
afterAll(() => platform.close());

describe("a worker", () => {
  it("runs a run's stages and keeps all they report", async () => {
    const runId = await platform.launchWhole({ steps: 20 });
    const run = await platform.runEnds(runId, "succeeded");
    const [work, check] = run.stages;
    const points = await platform.points(work!.id, "loss");
    expect(points.map(({ step }) => step)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(points.every(({ step, value }) => value === 1 / step)).toBe(true);
    expect(work!.latest.find(({ key }) => key === "loss")).toMatchObject({ step: 20, value: 0.05 });
    expect(work!.attempt).toBe(1);

    const lines = await platform.db.logs.list({ stageId: work!.id, limit: 100 });
    expect(lines.map(({ message }) => message)).toContain("Diagnostic from step 0 of 20, 0 MiB held");

    // The report went through the store to the second stage, which found it whole.
    const [report] = await platform.db.artifacts.forStage(work!.id);
    const path = join(platform.home, "report.json");
    await platform.store.fetchTo(report!.sha256, path);
    expect(JSON.parse(await readFile(path, "utf8"))).toEqual({
      steps: 20,
      seed: 1,
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(run.evaluations).toMatchObject([{ dataset: "diagnostic", numSamples: 3, metrics: { checksPassed: 1 } }]);
    expect(check!.status).toBe("succeeded");
  });

  it("does nothing twice: a run of the same parameters is there at once", async () => {
    const params = { steps: 3 };
    const first = await platform.runEnds(await platform.launch(params), "succeeded");
    const second = await platform.runEnds(await platform.launch(params), "succeeded", 1_000);
    expect(second.stages.map(({ id }) => id)).toEqual(first.stages.map(({ id }) => id));
    expect(second.stages.every(({ reused, attempt }) => reused && attempt === 1)).toBe(true);
  });

  it("runs stages at once that fit together, and one after another that do not", async () => {
    const started = (await Promise.all([2, 3].map((seed) => platform.launch({ steps: 40 }, seed)))).map((id) =>
      platform.runEnds(id, "succeeded"),
    );
    await platform.until(
      async () => attemptPids().length === 2,
      10_000,
      async () => "two attempts at once",
    );
    const wide = await Promise.all([4, 5].map((seed) => platform.launch({ steps: 5, threads: 2 }, seed)));
    await Promise.all([...started, ...wide.map((id) => platform.runEnds(id, "succeeded"))]);
    const { logLine, artifact } = platform.db.prisma;
    const work = wide.map(async (id) => {
      const { id: stageId } = await platform.stage(id);
      const where = { stageId, message: { startsWith: "Diagnostic from" } };
      const begun = await logLine.findFirstOrThrow({ where });
      const done = await artifact.findFirstOrThrow({ where: { stageId } });
      return { begun: begun.at.getTime(), done: done.createdAt.getTime() };
    });
    // Not by their status: the end of one is written while the next one starts.
    const [first, second] = (await Promise.all(work)).sort((a, b) => a.begun - b.begun);
    expect(second!.begun).toBeGreaterThanOrEqual(first!.done);
  });

  it("keeps every line of a stage that prints faster than the database writes", async () => {
    const runId = await platform.launch({ steps: 1, printLines: 40_000 });
    const run = await platform.runEnds(runId, "succeeded");
    const stageId = run.stages[0]!.id;
    const where = { stageId, message: { startsWith: "Line " } };
    expect(await platform.db.prisma.logLine.count({ where })).toBe(40_000);
    const [last] = await platform.db.prisma.logLine.findMany({ where, orderBy: { seq: "desc" }, take: 1 });
    expect(last?.message).toBe("Line 40000 of 40000");
  });

  it("leaves nothing behind: no process, no file", async () => {
    await expect.poll(() => attemptPids(), { timeout: 5_000 }).toEqual([]);
  });

  it("tells why a stage waits that no worker can take", async () => {
    const runId = await platform.launch({ device: "cuda" });
    const stage = await platform.stageIs(runId, ({ waitingReason }) => waitingReason !== null);
    expect(stage).toMatchObject({ status: "ready", waitingReason: expect.stringContaining("cuda") });
    await platform.db.runs.cancel(runId);
  });

  it("cancels a running stage", async () => {
    const runId = await platform.launch({ steps: 10_000 });
    await platform.stageIs(runId, ({ latest }) => latest.length > 0);
    await platform.db.runs.cancel(runId);
    await platform.runEnds(runId, "cancelled");
    await platform.stageIs(runId, ({ status }) => status === "cancelled", 5_000);
    await expect.poll(() => attemptPids(), { timeout: 5_000 }).toEqual([]);
  });

  it("kills a stage that does not give way", async () => {
    const runId = await platform.launch({ failure: "ignore-abort", failAtStep: 1 });
    await platform.stageIs(runId, ({ latest }) => latest.length > 0);
    await platform.db.runs.cancel(runId);
    await platform.stageIs(runId, ({ status }) => status === "cancelled", 10_000);
    await expect.poll(() => attemptPids(), { timeout: 5_000 }).toEqual([]);
  });
});
