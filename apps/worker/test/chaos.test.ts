import { Rng } from "@retort/core";
import { hasRedis } from "@retort/queue/testing";
import { beforeAll, describe, expect, it } from "vitest";
import { faults } from "../chaos/faults.ts";
import { disturbedRound, undisturbedResults } from "../chaos/round.ts";

// The short form of `npm run chaos`: one small sweep a backend, each kind of fault at most once.

const cluster = { server: "api", numWorkers: 2, leaseMs: 3_000, numRuns: 4 } as const;
const timeoutMs = 600_000;
let undisturbed: Map<string, string>;

beforeAll(async () => {
  undisturbed = await undisturbedResults({ ...cluster, backend: "postgres" });
}, timeoutMs);

async function isUnharmedOn(backend: "postgres" | "redis"): Promise<void> {
  const random = Rng.fromSeed(7);
  const report = await disturbedRound(
    {
      ...cluster,
      backend,
      troubleMs: 40_000,
      pauseMs: 1_000,
      pick: (list) => list[Math.floor(random.uniform() * list.length)],
      log: () => {},
    },
    undisturbed,
  );
  expect(report.violations).toEqual([]);
  expect(report.numAcknowledged).toBeGreaterThan(0);
  expect(report.strikes.size).toBeGreaterThan(0);
  expect(report.strikes.size + report.refusals.size).toBeLessThanOrEqual(faults.length);
}

describe("a sweep among kills, freezes, crashes and a full disk", { timeout: timeoutMs }, () => {
  it("of undisturbed runs gives something for each of them", () => {
    expect([...undisturbed.keys()].filter((key) => key.startsWith("point"))).toHaveLength(cluster.numRuns);
    expect([...undisturbed.keys()].filter((key) => key.startsWith("stage"))).toHaveLength(10);
  });

  it("ends with the same results, its queue in PostgreSQL", () => isUnharmedOn("postgres"));

  it.skipIf(!hasRedis && process.env.CI !== "true")(
    "ends with the same results, its queue in Redis (needs redis-server)",
    () => isUnharmedOn("redis"),
  );
});
