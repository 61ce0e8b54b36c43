import { checkSearch, type SearchInput } from "@retort/core";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { createDatabase, type Database } from "./database.ts";
import type { ClaimedStage } from "./stages.ts";
import type { TrialRow } from "./sweep-trials.ts";
import type { SweepInput } from "./sweeps.ts";
import { createTestDatabase } from "./testing.ts";
import { testWorker } from "./testing-fixtures.ts";

let db: Database;
let projectId: string;
let workerId: string;
beforeAll(async () => {
  db = createDatabase({ url: await createTestDatabase(inject("postgresUrl")) });
  projectId = (await db.projects.ensure({ slug: "demo", name: "Demo" })).id;
  workerId = (await db.workers.register(testWorker)).id;
});
afterAll(() => db.close());

/** Stages of one test are no other's. */
let lines = 0;
beforeEach(() => {
  lines += 1;
});

async function launch(search: SearchInput, options: Partial<SweepInput> = {}): Promise<string> {
  const { id } = await db.sweeps.create({
    ...{ projectId, name: "sweep", recipe: "diagnostic", priority: 0, maxConcurrentRuns: null },
    params: { steps: 24, printLines: lines, landscape: { y: 0.7 } },
    search: checkSearch(search),
    objective: { metric: "score", dataset: null, condition: "full", stage: "work" },
    watch: { metric: "score", mode: "max", stage: null, everySteps: 5 },
    ...options,
  });
  await advance();
  return id;
}

const advance = () => db.sweeps.advance({ fingerprint: async () => "data" });
const trialsOf = async (id: string) => db.sweeps.trials((await db.sweeps.get(id))!);

/** Executes what is ready, all stages in step with each other: each work climbs by its x a step, and leaves checkpoints. */
class Lockstep {
  #running: { stage: ClaimedStage; step: number; climbed: number }[] = [];
  /** Stage -> checkpoint's step it went on from. */
  readonly resumed = new Map<string, number>();
  readonly #states = new Map<string, number>();
  /** Called after each step of a work. */
  onStep: (stage: ClaimedStage, step: number) => Promise<void> = async () => {};

  /** Until nothing is ready and nothing runs. */
  async run(): Promise<void> {
    while ((await this.#claim()) > 0 || this.#running.length > 0) {
      for (const work of [...this.#running]) await this.#step(work);
      await advance();
    }
  }

  async #claim(): Promise<number> {
    for (let numClaimed = 0; ; numClaimed++) {
      const stage = await db.stages.claim({ workerId, capabilities: testWorker, leaseMs: 600_000 });
      if (stage === null) return numClaimed;
      if (stage.kind !== "diagnostic") {
        await db.artifacts.record(stage.fence, { name: "checks", kind: "json", sha256: stage.id, sizeBytes: 1 });
        await db.stages.succeed(stage.fence);
        continue;
      }
      const step = stage.checkpoint?.step ?? 0;
      if (stage.checkpoint !== null) this.resumed.set(stage.id, step);
      if (stage.attempt > 1) await db.metrics.rollback(stage.fence, stage.checkpoint?.step ?? null);
      const climbed = stage.checkpoint === null ? 0 : this.#states.get(stage.checkpoint.sha256)!;
      this.#running.push({ stage, step, climbed });
    }
  }

  async #step(work: { stage: ClaimedStage; step: number; climbed: number }): Promise<void> {
    const { fence, params, id } = work.stage;
    const end = () => this.#running.splice(this.#running.indexOf(work), 1);
    const { cancelRequested, preemptRequested } = await db.stages.heartbeat(fence, { leaseMs: 600_000 });
    if (cancelRequested) {
      end();
      return db.stages.cancelled(fence);
    }
    if (preemptRequested) {
      end();
      const failure = { kind: "preempted", code: "PREEMPTED", message: "gave way" } as const;
      return db.stages.fail(fence, failure, { retry: true, delayMs: 0 });
    }
    work.step += 1;
    work.climbed += (params.landscape as { x: number }).x;
    await db.metrics.write(fence, [{ key: "score", step: work.step, value: work.climbed }]);
    await this.onStep(work.stage, work.step);
    if (work.step % 5 === 0) {
      const sha256 = `${id} ${work.step}`;
      this.#states.set(sha256, work.climbed);
      await db.checkpoints.record(fence, { step: work.step, sha256, sizeBytes: 1 });
    }
    if (work.step < Number(params.steps)) return;
    end();
    await db.artifacts.record(fence, { name: "report", kind: "json", sha256: id, sizeBytes: 1 });
    await db.stages.succeed(fence);
  }
}

const ladder = (values: number[]): SearchInput["space"] => ({
  parameters: { landscape: { x: { type: "choice", values } } },
});
const statusesOf = (trials: readonly TrialRow[]) => trials.map(({ status }) => status);
const stoppedAt = (trials: readonly TrialRow[]) => trials.map(({ stoppedAtStep }) => stoppedAtStep);

/** Status of each stage of a trial's run. */
async function stagesOf({ runId }: TrialRow): Promise<string[]> {
  return (await db.runs.get(runId!))!.stages.map(({ status }) => status);
}

describe("pruners", () => {
  it("median: what is worse than half of the others stops at the first look, and is pruned whole", async () => {
    const id = await launch({
      space: ladder([0.1, 0.5, 0.2, 0.9]),
      pruner: { kind: "median", params: { numStartup: 3 } },
    });
    await new Lockstep().run();
    const trials = await trialsOf(id);
    expect(statusesOf(trials)).toEqual(["pruned", "succeeded", "pruned", "succeeded"]);
    expect(stoppedAt(trials)).toEqual([5, null, 5, null]);
    expect(trials[0]!.reason).toContain("worse than the median");
    expect(await stagesOf(trials[0]!)).toEqual(["pruned", "pruned"]);
    expect(await db.runs.get(trials[0]!.runId!)).toMatchObject({ status: "pruned", finishedAt: expect.any(Date) });
    expect((await db.sweeps.get(id))!.status).toBe("finished");
  });

  it("asha: every rung keeps its best share; hyperband: within each bracket", async () => {
    const params = { eta: 2, minResource: 5, maxResource: 20 };
    const id = await launch({ space: ladder([0.4, 0.3, 0.2, 0.1]), pruner: { kind: "asha", params } });
    const other = await launch({ space: ladder([0.41, 0.31, 0.21, 0.11]), pruner: { kind: "hyperband", params } });
    await new Lockstep().run();
    // The first to come to a rung is always its best so far: they are met in the order of the ladder.
    expect(statusesOf(await trialsOf(id))).toEqual(["succeeded", "pruned", "pruned", "pruned"]);
    const statuses = statusesOf(await trialsOf(other));
    expect(statuses[0]).toBe("succeeded");
    expect(statuses).toContain("pruned");
  });

  it("asha by promotion: trials wait, give their worker back, and go on from their checkpoint", async () => {
    const params = { eta: 2, minResource: 5, maxResource: 10, rule: "promotion" };
    const id = await launch(
      { space: ladder([0.4, 0.1, 0.2]), pruner: { kind: "asha", params } },
      { maxConcurrentRuns: 1 },
    );
    const lockstep = new Lockstep();
    await lockstep.run();
    const trials = await trialsOf(id);
    expect(statusesOf(trials)).toEqual(["succeeded", "pruned", "pruned"]);
    expect(trials[1]!.reason).toContain("No other trial is left to wait for");
    const work = (await db.runs.get(trials[0]!.runId!))!.stages[0]!;
    expect(lockstep.resumed.get(work.id)).toBe(5);
    const points = await db.prisma.metric.findMany({ where: { stageId: work.id, key: "score" } });
    expect(points.map(({ step }) => step).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 24 }, (_, index) => index + 1),
    );
  });

  it("wilcoxon: what scores worse on the same samples stops as soon as they are there", async () => {
    const id = await launch(
      { space: ladder([0.9, 0.1]), pruner: { kind: "wilcoxon", params: {} } },
      // Watching the loss beside says nothing of which score is better.
      { maxConcurrentRuns: 1, watch: { metric: "loss", mode: "min", stage: null, everySteps: 5 } },
    );
    const lockstep = new Lockstep();
    lockstep.onStep = async ({ fence, params }, step) => {
      if (step !== 3) return;
      const { x } = params.landscape as { x: number };
      const samples = Array.from({ length: 20 }, (_, index) => ({
        ...{ sampleId: String(index), clusterId: String(index), detail: {}, score: x * (1 - index / 100) },
      }));
      await db.evaluations.save(fence, { dataset: "d", split: "s", condition: "full", metrics: { score: x }, samples });
    };
    await lockstep.run();
    const trials = await trialsOf(id);
    expect(statusesOf(trials)).toEqual(["succeeded", "pruned"]);
    expect(trials[1]!.reason).toMatch(/worse than trial 0 on 20 samples/);
  });

  it("leaves alone what another run wants", async () => {
    const search = { space: ladder([0.9, 0.8, 0.1]), pruner: { kind: "median" as const, params: { numStartup: 2 } } };
    const id = await launch(search);
    const keeper = await launch({ space: ladder([0.1]) }, { watch: null });
    await new Lockstep().run();
    expect(statusesOf(await trialsOf(id))).toEqual(["succeeded", "succeeded", "pruned"]);
    expect(statusesOf(await trialsOf(keeper))).toEqual(["succeeded"]);
  });
});

it("a population: the worst goes on from the newest checkpoint of the best, near its point", async () => {
  const id = await launch({
    space: { parameters: { landscape: { x: { type: "uniform", min: 0, max: 1 } } } },
    sampler: { kind: "random" },
    ...{ seed: 3, maxPoints: 4, population: { everySteps: 7, share: 0.25, perturbation: 0.1, resample: 0 } },
  });
  const lockstep = new Lockstep();
  await lockstep.run();
  const trials = await trialsOf(id);
  const forks = trials.filter(({ originTrial }) => originTrial !== null);
  expect(forks.length).toBeGreaterThan(0);
  expect(statusesOf(trials).filter((status) => status === "succeeded")).toHaveLength(4);
  const xOf = ({ point }: TrialRow) => (point.landscape as { x: number }).x;
  for (const fork of forks) {
    const source = trials[fork.originTrial!]!;
    expect(Math.abs(xOf(fork) - xOf(source))).toBeLessThan(0.11);
    const work = (await db.runs.get(fork.runId!))!.stages[0]!;
    const sourceWork = (await db.runs.get(source.runId!))!.stages[0]!;
    expect(lockstep.resumed.get(work.id)).toBe(fork.originStep);
    const [first] = await db.prisma.metric.findMany({ where: { stageId: work.id }, orderBy: { step: "asc" }, take: 1 });
    const at = await db.prisma.metric.findFirst({ where: { stageId: sourceWork.id, step: fork.originStep! } });
    expect(first).toMatchObject({ step: fork.originStep! + 1, value: expect.closeTo(at!.value + xOf(fork), 9) });
    const stage = (await db.stages.get(work.id))!;
    expect(stage.keyParts.fork).toEqual({ sha256: `${sourceWork.id} ${fork.originStep}`, step: fork.originStep });
  }
});

it("a population: a member without a checkpoint is copied by nobody, and the next copy takes its number", async () => {
  const id = await launch({
    space: { parameters: { landscape: { x: { type: "uniform", min: 0, max: 1 } } } },
    sampler: { kind: "random" },
    ...{ seed: 3, maxPoints: 8, population: { everySteps: 7, share: 0.5, perturbation: 0.1, resample: 0 } },
  });
  const lockstep = new Lockstep();
  // Of the four best, by whom the four worst are replaced, two lose their checkpoints.
  const xOf = ({ point }: TrialRow) => (point.landscape as { x: number }).x;
  const best = (await trialsOf(id)).toSorted((a, b) => xOf(b) - xOf(a)).slice(0, 2);
  const reasons = new Set<string>();
  const stageIds = await Promise.all(best.map(async ({ runId }) => (await db.runs.get(runId!))!.stages[0]!.id));
  lockstep.onStep = async (_, step) => {
    if (step === 7) await db.prisma.checkpoint.deleteMany({ where: { stageId: { in: stageIds } } });
    // The next comparison says something else of them.
    if (step === 10) for (const { reason } of await trialsOf(id)) if (reason !== null) reasons.add(reason);
  };
  await lockstep.run();
  const trials = await trialsOf(id);
  expect([...reasons].some((reason) => reason.includes("has no checkpoint yet"))).toBe(true);
  expect([...reasons].some((reason) => reason.includes("goes on as trial"))).toBe(true);
  expect(trials.map(({ number }) => number)).toEqual(trials.map((_, index) => index));
  expect((await db.sweeps.get(id))!.status).toBe("finished");
});
