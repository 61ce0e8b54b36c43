// npx tsx docs/results/llava-kd/collect.ts: what the running server has measured of this folder's sweeps -> runs.csv, sweeps.csv,
// stages.csv. Runs and sweeps that another server has measured before stay: equal content keys give equal numbers.

import { connect } from "../server.ts";
import {
  type MeasuredRun,
  readRuns,
  readSweeps,
  type StageTime,
  writeRuns,
  writeStages,
  writeSweeps,
} from "./measured.ts";
import { pointsOf, type SweepPoint, sweepNames } from "./sweeps.ts";

const retort = connect();
const points = sweepNames.flatMap(pointsOf);
const known = new Map(readRuns().map((run) => [keyOf(run), run]));
const durations = new Map<string, number[]>();
const seen = new Set<string>();
let numNew = 0;
let cursor: string | null = null;
do {
  const page: Awaited<ReturnType<typeof retort.runs.list.query>> = await retort.runs.list.query({ limit: 25, cursor });
  for (const { id, seed, status, configKey } of page.runs) {
    // Whoever launched it: the configuration tells. One may belong to several sweeps.
    const places = points.filter((point) => point.configKey === configKey && point.seeds.includes(seed));
    if (places.length > 0) await collect(id, seed, status === "succeeded" ? places : []);
  }
  cursor = page.nextCursor;
} while (cursor !== null);

async function collect(runId: string, seed: number, places: readonly SweepPoint[]): Promise<void> {
  const { stages, evaluations } = await retort.runs.get.query({ runId });
  for (const { id, kind, status, deviceSeconds } of stages) {
    if (status !== "succeeded" || seen.has(id)) continue;
    seen.add(id);
    durations.set(kind, [...(durations.get(kind) ?? []), deviceSeconds]);
  }
  const scores = Object.fromEntries(
    evaluations.map(({ condition, metrics }) => [condition, metrics.vqaAccuracy ?? Number.NaN]),
  );
  for (const { sweep, point } of places) {
    known.set(keyOf({ sweep, point, seed }), { sweep, point, seed, scores });
    numNew += 1;
  }
}

const sweeps = new Map(readSweeps().map((sweep) => [sweep.name, sweep]));
const { sweeps: launched } = await retort.sweeps.list.query({ limit: 200 });
for (const { id, name } of launched.filter((sweep) => sweepNames.includes(sweep.name))) {
  const { stages, deviceSeconds, savedSeconds, counts } = await retort.sweeps.get.query({ sweepId: id });
  // A launch that was ended half-way says less than an earlier one that was not.
  if (counts.succeeded < (sweeps.get(name)?.numRuns ?? 0)) continue;
  sweeps.set(name, {
    ...{ name, numRuns: counts.succeeded, numAsked: stages.asked, numUnique: stages.unique, numReused: stages.reused },
    ...{ deviceSeconds: Math.round(deviceSeconds), savedSeconds: Math.round(savedSeconds) },
  });
}
const kinds: StageTime[] = [...durations].map(([kind, seconds]) => ({
  kind,
  count: seconds.length,
  medianSeconds: median(seconds),
}));

writeRuns([...known.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)));
writeSweeps([...sweeps.values()].sort((a, b) => (a.name < b.name ? -1 : 1)));
writeStages(kinds.sort((a, b) => (a.kind < b.kind ? -1 : 1)));
console.log(`${numNew} rows from this server, ${known.size} in all; ${seen.size} stages`);

function keyOf({ sweep, point, seed }: Omit<MeasuredRun, "scores">): string {
  return JSON.stringify([sweep, point, seed]);
}

function median(values: number[]): number {
  return Math.round(10 * [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!) / 10;
}
