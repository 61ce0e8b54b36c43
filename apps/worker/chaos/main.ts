import { parseArgs } from "node:util";
import { Rng } from "@retort/core";
import { hasRedis } from "@retort/queue/testing";
import { buildDashboard } from "../../../scripts/build.mjs";
import type { Picker } from "./faults.ts";
import { summary } from "./report.ts";
import { disturbedRound, type RoundReport, undisturbedResults } from "./round.ts";
import { runsPerRate } from "./workload.ts";

// npm run chaos -- [--minutes 5] [--backend postgres|redis] [--runs 40] [--lease 3] [--seed 1]
// A sweep of short training runs that nobody disturbs; then the same sweep among faults, again and again until the time is up, each round on
// servers of its own. At the end of each round the database is asked whether anything was lost, repeated or different.

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "5" },
    backend: { type: "string" },
    runs: { type: "string", default: "40" },
    lease: { type: "string", default: "3" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
  },
});
const known = ["postgres", "redis"] as const;
const backends = known.filter((name) =>
  values.backend === undefined ? name === "postgres" || hasRedis : name === values.backend,
);
if (backends.length === 0) throw new Error(`--backend is ${known.join(" or ")}; both by turns without it`);
const numRuns = Number(values.runs);
if (!Number.isInteger(numRuns / runsPerRate)) throw new Error(`--runs is a multiple of ${runsPerRate}`);
const stream = Rng.fromSeed(Number(values.seed));
const pick: Picker = (list) => list[Math.floor(stream.uniform() * list.length)];
const log = (line: string) => console.log(`${new Date().toISOString().slice(11, 19)} ${line}`);
const options = {
  server: "dashboard",
  numRuns,
  numWorkers: 3,
  leaseMs: Number(values.lease) * 1_000,
  pauseMs: 3_000,
  log,
} as const;

console.log(`Chaos with the queue in ${backends.join(" and ")}, ${numRuns} runs, seed ${values.seed}`);
await buildDashboard();
log("the sweep, undisturbed");
const undisturbed = await undisturbedResults({ ...options, backend: "postgres" });
const minutesMs = Number(values.minutes) * 60_000;
const untilMs = performance.now() + minutesMs;
const reports: RoundReport[] = [];
do {
  for (const backend of backends) {
    log(`round ${reports.length + 1}, the queue in ${backend}`);
    const troubleMs = minutesMs / backends.length;
    const report = await disturbedRound({ ...options, backend, troubleMs, pick }, undisturbed);
    reports.push(report);
    log(`round ${reports.length} is over: ${report.violations.length} violations`);
    for (const violation of report.violations) log(violation);
  }
} while (performance.now() < untilMs);
console.log(summary(reports));
process.exit(reports.some(({ violations }) => violations.length > 0) ? 1 : 0);
