import { checkSearch, type SearchInput } from "@retort/core";
import type { SweepRow, TrialRow } from "@retort/db";
import { createQueue, type Queue } from "@retort/queue";
import { hasRedis, TestRedis } from "@retort/queue/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Orchestrator } from "../src/orchestrator.ts";
import { quickSettings, TestPlatform } from "./platform.ts";

let platform: TestPlatform;
let projectId: string;
beforeEach(async () => {
  platform = await TestPlatform.open();
  projectId = (await platform.db.projects.ensure({ slug: "test", name: "Test" })).id;
});
afterEach(() => platform.close());

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
    await platform.startWorker({ device: { threads: 4 } });
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

describe.skipIf(!hasRedis && process.env.CI !== "true")("a sweep while Redis is away (needs redis-server)", () => {
  let redis: TestRedis;
  let queue: Queue;
  let orchestrator: Orchestrator;
  const lines: string[] = [];
  beforeEach(async () => {
    redis = await TestRedis.start();
    queue = createQueue({ postgresUrl: platform.url, redisUrl: redis.url });
    await queue.counts();
    const log = (level: string, message: string) => void lines.push(`${level} ${message}`);
    orchestrator = new Orchestrator({ db: platform.db, queue, log, settings: quickSettings });
    orchestrator.start();
    // It leads before the worker comes with an orchestrator of its own.
    const isLeading = async () => {
      const { rows } = await platform.db.pool.query(`SELECT FROM pg_locks JOIN pg_database d ON d.oid = database
         WHERE locktype = 'advisory' AND granted AND datname = current_database()`);
      return rows.length > 0;
    };
    await platform.until(isLeading, 60_000, async () => "nobody leads");
    await redis.kill();
    // Its own orchestrator has a queue that works, and must not take the lead from one that is silent while it waits for Redis.
    await platform.startWorker({ settings: { pollMs: 200, leaderSilentMs: 3_600_000 } });
  });
  afterEach(async () => {
    await orchestrator.close();
    // A connection that waits for Redis to come back cannot be closed in good order.
    await redis.restart();
    await expect
      .poll(
        () =>
          queue.counts().then(
            () => true,
            () => false,
          ),
        { timeout: 60_000 },
      )
      .toBe(true);
    await queue.close();
    await redis.stop();
  }, 120_000);

  it("is asked for, tried and finished by what stands in the database", async () => {
    const { sweep, trials } = await sweepOf(
      { sampler: { kind: "random" }, maxPoints: 3 },
      { params: { steps: 5 }, maxConcurrentRuns: 1 },
    );
    expect(sweep.status).toBe("finished");
    expect(statusesOf(trials)).toEqual(Array(3).fill("succeeded"));
    const isTold = () => lines.some((line) => line.startsWith("warn orchestrator: wake-ups could not be sent"));
    await platform.until(
      async () => isTold(),
      60_000,
      async () => `nobody told of it: ${lines.join("; ")}`,
    );
  }, 240_000);
});
