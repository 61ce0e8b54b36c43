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

export interface StageTime {
  kind: string;
  seconds: number;
}

/** What collect.ts keeps, a line a number. */
export interface Measured {
  runs: MeasuredRun[];
  /** Stages of all runs, as if nothing were shared. */
  numPlannedStages: number;
  numExecutedStages: number;
  stages: { kind: string; count: number; medianSeconds: number }[];
}

const files = { runs: join(import.meta.dirname, "runs.csv"), stages: join(import.meta.dirname, "stages.csv") };

/** Points hold commas; no other field does. */
export function writeMeasured({ runs, numPlannedStages, numExecutedStages, stages }: Measured): void {
  const scores = runs.flatMap(({ sweep, point, seed, scores }) =>
    Object.entries(scores).map(([condition, score]) => [sweep, seed, condition, score, point].join(",")),
  );
  writeFileSync(files.runs, `${["sweep,seed,condition,vqaAccuracy,point", ...scores].join("\n")}\n`);
  const times = stages.map(({ kind, count, medianSeconds }) => [kind, count, medianSeconds].join(","));
  const totals = [`planned,${numPlannedStages},`, `executed,${numExecutedStages},`];
  writeFileSync(files.stages, `${["kind,count,medianSeconds", ...times, ...totals].join("\n")}\n`);
}

export function readMeasured(): Measured {
  const lines = (path: string) => readFileSync(path, "utf8").trim().split("\n").slice(1);
  const runs = new Map<string, MeasuredRun>();
  for (const line of lines(files.runs)) {
    const [sweep, seed, condition, score, ...point] = line.split(",");
    const run = { sweep: sweep!, point: point.join(","), seed: Number(seed) };
    const key = JSON.stringify(run);
    const known = runs.get(key) ?? { ...run, scores: {} };
    known.scores[condition!] = Number(score);
    runs.set(key, known);
  }
  const rows = lines(files.stages).map((line) => line.split(","));
  const countOf = (kind: string) => Number(rows.find((row) => row[0] === kind)?.[1] ?? 0);
  const stages = rows
    .filter(([kind]) => kind !== "planned" && kind !== "executed")
    .map(([kind, count, seconds]) => ({ kind: kind!, count: Number(count), medianSeconds: Number(seconds) }));
  return {
    runs: [...runs.values()],
    numPlannedStages: countOf("planned"),
    numExecutedStages: countOf("executed"),
    stages,
  };
}
