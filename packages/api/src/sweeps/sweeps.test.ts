import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { describeError } from "../client.ts";
import type { SweepRequest } from "../contract/sweep.ts";
import { startTestApi, type TestApi } from "../testing.ts";
import { startTestWorker, type TestWorker } from "../testing-worker.ts";

let api: TestApi;
let worker: TestWorker;
beforeAll(async () => {
  api = await startTestApi(inject("postgresUrl"));
  worker = await startTestWorker(api.db);
});
afterAll(() => api.close());

/** Each test has stages of its own. */
const request = (
  printLines: number,
  search: SweepRequest["search"],
  rest: Partial<SweepRequest> = {},
): SweepRequest => ({
  recipe: "diagnostic",
  params: { printLines, stepMs: 0 },
  search,
  objective: { metric: "loss" },
  ...rest,
  ...(search.mode === undefined ? { search: { ...search, mode: "min" } } : {}),
});

/** Two failures, of which one point crashes always; the loss of the others is their number of steps. */
async function execute(numStages: number): Promise<void> {
  for (let done = 0; done < numStages; done++) {
    const { fence, kind, params } = await worker.claim();
    if (kind === "diagnostic" && params.failure !== "none") {
      const failure = { kind: "data", code: "BROKEN", message: "broken picture" } as const;
      await api.db.stages.fail(fence, failure, { retry: false, delayMs: 0 });
      continue;
    }
    await api.db.metrics.write(fence, [{ key: "loss", step: 1, value: Number(params.steps) }]);
    await api.db.artifacts.record(fence, { name: "report", kind: "json", sha256: "0", sizeBytes: 1 });
    await api.db.stages.succeed(fence);
  }
}

const advance = () => api.db.sweeps.advance({ fingerprint: async () => "data" });

describe("sweeps.preview", () => {
  it("counts points, runs and stages, and tells what is shared", async () => {
    const preview = await api.retort.sweeps.preview.query(
      // The check knows nothing of stepMs; the work of a seed is the same whatever the threads of its check.
      request(1, { space: { parameters: { steps: { type: "choice", values: [2, 3] } }, seeds: [0, 1, 2] } }),
    );
    expect(preview).toMatchObject({
      ...{ numPoints: 2, numSeeds: 3, numRuns: 6, numStages: 12, uniqueStages: 12, sharedStages: 0, toExecute: 12 },
      ...{ complete: true, plannedRuns: 6, columns: ["steps"] },
      estimate: { deviceSeconds: null, basis: expect.stringContaining("No stage of kind diagnostic") },
    });
    expect(preview.points).toEqual([
      { trial: 0, point: { steps: 2 }, labels: {} },
      { trial: 3, point: { steps: 3 }, labels: {} },
    ]);
  });

  it("takes a space that is longer than a URL", async () => {
    const values = Array.from({ length: 20_000 }, (_, index) => index + 1);
    const space = { parameters: { steps: { type: "choice" as const, values } } };
    const ask = request(1, { space, sampler: { kind: "random" }, maxPoints: 2 });
    expect(await api.retort.sweeps.preview.query(ask)).toMatchObject({ numPoints: 2 });
  });

  it("counts the points that there are when a space has fewer than the budget", async () => {
    const space = { parameters: { steps: { type: "choice" as const, values: [1, 2, 3] } } };
    const ask = request(1, { space, sampler: { kind: "random" }, maxPoints: 10 });
    expect(await api.retort.sweeps.preview.query(ask)).toMatchObject({ numPoints: 3, numRuns: 3, complete: true });
  });

  it("warns of a population that is compared more often than it writes checkpoints", async () => {
    const ask = (everySteps: number) =>
      api.retort.sweeps.preview.query({
        recipe: "quickstart",
        search: {
          space: { parameters: { training: { learningRate: { type: "log", min: 1e-4, max: 1e-2 } } } },
          ...{ sampler: { kind: "random" }, maxPoints: 4, population: { everySteps } },
        },
        watch: { metric: "loss", mode: "min" },
      });
    const about = /checkpointEverySteps/;
    expect((await ask(10)).warnings.filter((warning) => about.test(warning))).toHaveLength(1);
    expect((await ask(10_000)).warnings.filter((warning) => about.test(warning))).toEqual([]);
  });

  it("warns of stages that no worker can take", async () => {
    const device = { type: "choice" as const, values: ["cpu", "cuda"] };
    const { warnings } = await api.retort.sweeps.preview.query(request(2, { space: { parameters: { device } } }));
    expect(warnings).toEqual(['2 stages will wait: no worker has the device "cuda" (online: cpu).']);
  });
});

const steps = { type: "int" as const, min: 1, max: 3 };

describe("a sweep", () => {
  it("is launched, watched, analysed and exported", async () => {
    const failure = { type: "choice" as const, values: ["none", "data-error"] };
    const launched = request(3, { space: { parameters: { failure, steps }, seeds: [0, 1] } }, { name: "first" });
    const { sweepId } = await api.retort.sweeps.launch.mutate(launched);
    const seen: string[] = [];
    const ended = new Promise<void>((resolve, reject) => {
      api.retort.sweeps.live.subscribe(
        { sweepId },
        { onData: ({ data }) => seen.push(data.status), onComplete: resolve, onError: reject },
      );
    });
    expect(await api.retort.sweeps.get.query({ sweepId })).toMatchObject({
      ...{
        name: "first",
        status: "running",
        numTrials: 12,
        best: null,
        secondsLeft: null,
        columns: ["failure", "steps"],
      },
      counts: { pending: 12, running: 0 },
      stages: { asked: 24, unique: 24, shared: 0, reused: 0, finished: 0 },
    });
    await execute(18);
    await advance();
    await ended;
    expect(seen.at(-1)).toBe("finished");
    const { sweeps } = await api.retort.sweeps.list.query({ recipe: "diagnostic" });
    expect(sweeps[0]).toMatchObject({
      ...{ id: sweepId, status: "finished", counts: { succeeded: 6, failed: 6 }, secondsLeft: 0 },
      best: { point: { failure: "none", steps: 1 }, mean: 1, std: 0, n: 2, trials: [0, 1] },
      objective: { metric: "loss", mode: "min" },
    });
    const { trials, total } = await api.retort.sweeps.trials.query({ sweepId, order: "best", limit: 3 });
    expect(total).toBe(12);
    const run = await api.retort.runs.get.query({ runId: trials[1]!.runId! });
    expect(run.sweep).toEqual({ id: sweepId, name: sweeps[0]!.name, trial: 1 });
    expect(trials.map(({ trial, value }) => [trial, value])).toEqual([
      [0, 1],
      [1, 1],
      [2, 2],
    ]);
    expect(await api.retort.sweeps.failures.query({ sweepId })).toMatchObject([
      {
        parameter: "failure",
        values: [
          { label: "none", n: 6, succeeded: 6, failed: 0, kinds: {} },
          { label: "data-error", n: 6, succeeded: 0, failed: 6, kinds: { data: 6 } },
        ],
      },
      { parameter: "steps", values: [1, 2, 3].map((value) => ({ value, n: 4, succeeded: 2, failed: 2 })) },
    ]);
    const importance = await api.retort.sweeps.importance.query({ sweepId });
    expect(importance.map(({ parameter, explained }) => [parameter, explained])).toEqual([
      ["failure", null],
      ["steps", 1],
    ]);
    const exported = await api.retort.sweeps.export.query({ sweepId });
    expect(exported.rows).toHaveLength(12);
    const [head, first] = exported.csv.split("\r\n");
    expect(head).toMatch(/^trial,seed,status,value,failure,steps,/);
    expect(first).toMatch(/^0,0,succeeded,1,none,1,/);
    expect(Object.keys(exported.rows[0]!.contentKeys).sort()).toEqual(["check", "work"]);
  });

  it("counts what it is given from earlier launches, and draws shared stages once", async () => {
    const lines = { type: "int" as const, min: 0, max: 2 };
    const device = { type: "constant" as const, value: "cpu" };
    const search = { space: { parameters: { printLines: lines, device }, seeds: [4] } };
    const ask = request(4, search, { params: { steps: 1, stepMs: 0 } });
    const { sweepId: earlier } = await api.retort.sweeps.launch.mutate(ask);
    await execute(6);
    await advance();
    const preview = await api.retort.sweeps.preview.query(ask);
    expect(preview).toMatchObject({ finishedStages: 6, toExecute: 0, estimate: { deviceSeconds: 0, wallSeconds: 0 } });
    const { sweepId } = await api.retort.sweeps.launch.mutate(ask);
    await advance();
    const again = await api.retort.sweeps.get.query({ sweepId });
    expect(again).toMatchObject({ status: "finished", deviceSeconds: 0, stages: { reused: 6, unique: 6 } });
    const first = await api.retort.sweeps.get.query({ sweepId: earlier });
    expect(again.savedSeconds).toBeCloseTo(first.deviceSeconds, 6);
    const { nodes, edges } = await api.retort.sweeps.dag.query({ sweepId });
    expect(nodes.filter(({ name }) => name === "work")).toHaveLength(3);
    expect(edges).toHaveLength(3);
    expect(nodes.every(({ numReused, shared }) => numReused === 1 && !shared)).toBe(true);
  });

  it("says so when no trial has the metric that it compares by", async () => {
    const ask = request(6, { space: { parameters: { steps } } }, { objective: { metric: "lost" } });
    const { sweepId } = await api.retort.sweeps.launch.mutate(ask);
    await advance();
    expect((await api.retort.sweeps.get.query({ sweepId })).warnings).toEqual([]);
    await execute(6);
    const { warnings } = await api.retort.sweeps.get.query({ sweepId });
    expect(warnings).toEqual(['No trial that has succeeded has the objective "lost". There is loss.']);
  });

  it("can be cancelled when its search has failed and trials are left", async () => {
    const { sweepId } = await api.retort.sweeps.launch.mutate(request(7, { space: { parameters: { steps } } }));
    await advance();
    await api.db.prisma.sweep.update({ where: { id: sweepId }, data: { status: "failed" } });
    await api.retort.sweeps.cancel.mutate({ sweepId });
    expect(await api.retort.sweeps.get.query({ sweepId })).toMatchObject({
      status: "failed",
      counts: { cancelled: 3 },
    });
  });

  it("is paused, extended, resumed and cancelled", async () => {
    const ask = request(5, { space: { parameters: { steps } }, sampler: { kind: "random" }, maxPoints: 2 });
    const { sweepId } = await api.retort.sweeps.launch.mutate(ask);
    await api.retort.sweeps.pause.mutate({ sweepId });
    expect(await api.retort.sweeps.get.query({ sweepId })).toMatchObject({ status: "paused", counts: { paused: 2 } });
    expect((await api.retort.sweeps.get.query({ sweepId })).clock.to).toBeInstanceOf(Date);
    await api.retort.sweeps.extend.mutate({ sweepId, points: 1 });
    await api.retort.sweeps.setPriority.mutate({ sweepId, priority: 4 });
    expect(await api.retort.sweeps.get.query({ sweepId })).toMatchObject({ priority: 4 });
    await api.retort.sweeps.resume.mutate({ sweepId });
    await advance();
    expect((await api.retort.sweeps.get.query({ sweepId })).counts.pending).toBe(3);
    await api.retort.sweeps.cancel.mutate({ sweepId });
    expect((await api.retort.sweeps.get.query({ sweepId })).counts.cancelled).toBe(3);
  });
});

describe("what cannot run is refused, with the place", () => {
  it.each<[string, Partial<SweepRequest>]>([
    ["UNKNOWN_RECIPE", { recipe: "alchemy" }],
    ["BAD_PARAMS", { params: { stride: 3 } }],
    ["UNKNOWN_PARAMETER", { search: { space: { parameters: { stride: steps } }, mode: "min" } }],
    ["EMPTY_SPACE", { search: { space: {}, mode: "min" } }],
    ["CONTRADICTION", { search: { space: { parameters: { steps }, constraints: ["steps > 5"] }, mode: "min" } }],
    ["NO_BUDGET", { search: { space: { parameters: { steps } }, maxPoints: 0, mode: "min" } }],
    ["NO_BUDGET", { search: { space: { parameters: { steps } }, sampler: { kind: "tpe" }, mode: "min" } }],
    ["MISSING_MODE", { search: { space: { parameters: { steps } } } }],
    ["MISSING_WATCH", { search: { space: { parameters: { steps } }, mode: "min", pruner: { kind: "median" } } }],
    ["UNKNOWN_STAGE", { objective: { metric: "loss", stage: "sft" } }],
    ["UNKNOWN_PROJECT", { project: "nowhere" }],
  ])("%s", async (code, change) => {
    const base: SweepRequest = request(9, { space: { parameters: { steps } } });
    const call = api.retort.sweeps.launch.mutate({ ...base, ...change } as SweepRequest);
    const refused = await call.then(() => null, describeError);
    expect(refused).toMatchObject({ code });
    expect(refused!.message.length).toBeGreaterThan(20);
  });
});
