import { checkSearch, type SearchInput } from "@retort/core";
import type { SweepRow, TrialRow } from "@retort/db";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestPlatform } from "./platform.ts";

let platform: TestPlatform;
let projectId: string;
beforeAll(async () => {
  platform = await TestPlatform.open();
  projectId = (await platform.db.projects.ensure({ slug: "test", name: "Test" })).id;
  await platform.startWorker({ device: { threads: 4 } });
});
afterAll(() => platform.close());

const unit = { type: "uniform", min: 0, max: 1 } as const;

/** A sweep over the diagnostic's hill that the worker's orchestrator takes from its first trial to its end. */
async function sweepOf(
  search: Partial<SearchInput>,
  {
    params = {},
    everySteps = 5,
    maxConcurrentRuns = 4,
  }: { params?: object; everySteps?: number; maxConcurrentRuns?: number } = {},
): Promise<{ sweep: SweepRow; trials: TrialRow[] }> {
  const { id } = await platform.db.sweeps.create({
    ...{ projectId, name: "hill", recipe: "diagnostic", priority: 0, maxConcurrentRuns },
    params: { load: "idle", stepMs: 10, steps: 20, checkpointEvery: 5, ...params },
    search: checkSearch({ space: { parameters: { landscape: { x: unit, y: unit } } }, ...search }),
    objective: { metric: "score", dataset: null, condition: "full", stage: "work" },
    watch: { metric: "score", mode: "max", stage: null, everySteps },
  });
  await platform.db.events.publish({ type: "sweep", id });
  const isOver = async () => (await platform.db.sweeps.get(id))!.status !== "running";
  await platform.until(isOver, 100_000, async () =>
    JSON.stringify(await platform.db.sweeps.trials((await platform.db.sweeps.get(id))!)),
  );
  const sweep = (await platform.db.sweeps.get(id))!;
  return { sweep, trials: await platform.db.sweeps.trials(sweep) };
}

const statusesOf = (trials: readonly TrialRow[]) => trials.map(({ status }) => status);

describe("a sweep from its first trial to its end", () => {
  it("by TPE, never more than four at once, every point new", async () => {
    const { sweep, trials } = await sweepOf(
      { sampler: { kind: "tpe", params: { numStartup: 4 } }, maxPoints: 6 },
      { params: { steps: 5 } },
    );
    expect(sweep.status).toBe("finished");
    expect(statusesOf(trials)).toEqual(Array(6).fill("succeeded"));
    expect(new Set(trials.map(({ pointKey }) => pointKey)).size).toBe(6);
    for (const { value } of trials) expect(value).toBeGreaterThan(0);
    const began = (trial: TrialRow) => trial.createdAt.getTime();
    for (const trial of trials.slice(4)) {
      const underWay = trials.filter((other) => began(other) < began(trial) && other.finishedAt! > trial.createdAt);
      expect(underWay.length).toBeLessThan(4);
    }
  }, 120_000);
});
