// npx tsx docs/results/llava-kd/collect.ts: what the running server has measured of this folder's sweeps -> runs.csv, stages.csv.
import { type Measured, type MeasuredRun, type StageTime, writeMeasured } from "./measured.ts";
import { connect } from "./server.ts";
import { pointsOf, sweepNames } from "./sweeps.ts";

const points = sweepNames.flatMap(pointsOf);
const retort = connect();
const runs: MeasuredRun[] = [];
const stages = new Map<string, StageTime>();
let numPlanned = 0;
let cursor: string | null = null;
do {
  const page: Awaited<ReturnType<typeof retort.runs.list.query>> = await retort.runs.list.query({ limit: 25, cursor });
  const details = await Promise.all(page.runs.map(({ id }) => retort.runs.get.query({ runId: id })));
  for (const [index, { name, seed, status, configKey }] of page.runs.entries()) {
    // Whoever launched it, by whatever name: the configuration tells. One may belong to several sweeps.
    const asked = points.filter((point) => point.configKey === configKey && point.seeds.includes(seed));
    const named = /^([a-z0-9-]+): (.*?)(?: \(seed \d+\))?$/.exec(name);
    if (asked.length === 0 && named === null) continue;
    const run = details[index]!;
    numPlanned += run.stages.length;
    for (const { id: stageId, kind, status: stageStatus, deviceSeconds } of run.stages) {
      if (stageStatus === "succeeded") stages.set(stageId, { kind, seconds: deviceSeconds });
    }
    if (status !== "succeeded") continue;
    const scores = Object.fromEntries(
      run.evaluations.map(({ condition, metrics }) => [condition, metrics.vqaAccuracy ?? Number.NaN]),
    );
    const places = asked.length > 0 ? asked : [{ sweep: named![1]!, point: named![2]! }];
    for (const { sweep, point } of places) {
      const known = runs.some((other) => other.sweep === sweep && other.point === point && other.seed === seed);
      if (!known) runs.push({ sweep, point, seed, scores });
    }
  }
  cursor = page.nextCursor;
} while (cursor !== null);

const kinds = [...new Set([...stages.values()].map(({ kind }) => kind))].sort();
const measured: Measured = {
  runs: runs.sort((a, b) => compare(a.sweep, b.sweep) || compare(a.point, b.point) || a.seed - b.seed),
  numPlannedStages: numPlanned,
  numExecutedStages: stages.size,
  stages: kinds.map((kind) => {
    const seconds = [...stages.values()].filter((stage) => stage.kind === kind).map((stage) => stage.seconds);
    return { kind, count: seconds.length, medianSeconds: median(seconds) };
  }),
};
writeMeasured(measured);
console.log(`${runs.length} finished runs, ${stages.size} stages`);

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function median(values: number[]): number {
  return Math.round(10 * [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!) / 10;
}
