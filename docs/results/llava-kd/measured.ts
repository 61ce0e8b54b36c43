import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface MeasuredRun {
  /** Name of the sweep's file. */
  sweep: string;
  /** What the run has that others of the sweep have not: "scheme PT-SFT-DFT". */
  point: string;
  seed: number;
  /** VQA accuracy in [0, 1] by condition: full, image-blanked. */
  scores: Record<string, number>;
}

/** What the platform says about a sweep's stages. */
export interface MeasuredSweep {
  name: string;
  /** Finished ones. */
  numRuns: number;
  /** Stages of all runs, as if nothing were shared. */
  numAsked: number;
  numUnique: number;
  /** Unique ones that an earlier sweep had asked for. */
  numReused: number;
  deviceSeconds: number;
  /** What the stages that were shared would have cost again. */
  savedSeconds: number;
}

export interface StageTime {
  kind: string;
  count: number;
  medianSeconds: number;
}

const file = (name: string) => join(import.meta.dirname, name);

function write(name: string, head: string, rows: readonly (readonly (string | number)[])[]): void {
  writeFileSync(file(name), `${[head, ...rows.map((row) => row.join(","))].join("\n")}\n`);
}

function read(name: string): string[][] {
  const [, ...lines] = readFileSync(file(name), "utf8").trim().split("\n");
  return lines.map((line) => line.split(","));
}

/** Points hold commas; no other field does. */
export function writeRuns(runs: readonly MeasuredRun[]): void {
  const rows = runs.flatMap(({ sweep, point, seed, scores }) =>
    Object.entries(scores).map(([condition, score]) => [sweep, seed, condition, score, point]),
  );
  write("runs.csv", "sweep,seed,condition,vqaAccuracy,point", rows);
}

export function readRuns(): MeasuredRun[] {
  const runs = new Map<string, MeasuredRun>();
  for (const [sweep, seed, condition, score, ...point] of read("runs.csv")) {
    const run = { sweep: sweep!, point: point.join(","), seed: Number(seed) };
    const known = runs.get(JSON.stringify(run)) ?? { ...run, scores: {} };
    known.scores[condition!] = Number(score);
    runs.set(JSON.stringify(run), known);
  }
  return [...runs.values()];
}

export function writeSweeps(sweeps: readonly MeasuredSweep[]): void {
  const head = "sweep,runs,stagesAsked,stagesUnique,stagesReused,deviceSeconds,savedSeconds";
  const rows = sweeps.map((sweep) => [
    ...[sweep.name, sweep.numRuns, sweep.numAsked, sweep.numUnique, sweep.numReused],
    ...[sweep.deviceSeconds, sweep.savedSeconds],
  ]);
  write("sweeps.csv", head, rows);
}

export function readSweeps(): MeasuredSweep[] {
  return read("sweeps.csv").map(([name, ...numbers]) => {
    const [numRuns, numAsked, numUnique, numReused, deviceSeconds, savedSeconds] = numbers.map(Number) as [
      ...[number, number, number, number, number, number],
    ];
    return { name: name!, numRuns, numAsked, numUnique, numReused, deviceSeconds, savedSeconds };
  });
}

export function writeStages(stages: readonly StageTime[]): void {
  write(
    "stages.csv",
    "kind,count,medianSeconds",
    stages.map(({ kind, count, medianSeconds }) => [kind, count, medianSeconds]),
  );
}

export function readStages(): StageTime[] {
  return read("stages.csv").map(([kind, count, seconds]) => ({
    kind: kind!,
    count: Number(count),
    medianSeconds: Number(seconds),
  }));
}
