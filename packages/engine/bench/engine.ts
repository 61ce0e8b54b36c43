/**
 * Training and forward steps of three small models, measured in alternation with PyTorch eager on the same machine:
 * `npx tsx packages/engine/bench/engine.ts [--peer] [--cpu] [--json] [--model S] [--mode train] [--threads 1] [--rounds 3]`
 */
import { execFile } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { sharedPath } from "../../../scripts/shared.mjs";
import { clocks } from "./engine/clock.ts";
import { measureCompile } from "./engine/compile.ts";
import type { Measurement } from "./engine/measure.ts";
import { configs, type ModelName } from "./engine/models.ts";

export interface EngineBenchOptions {
  /** Measure PyTorch as well and print ratios. */
  peer?: boolean;
  json?: boolean;
  /** Processor time of all threads instead of time: what stays comparable on a machine that others use. */
  cpu?: boolean;
  models?: readonly ModelName[];
  modes?: readonly ("train" | "fwd")[];
  threads?: readonly number[];
  /** Alternated runs of each side; the median counts. */
  rounds?: number;
  /** The peer's script. */
  peerScript?: string;
  python?: string;
}

interface Figure {
  name: string;
  value: number;
  unit: string;
  goal: number;
  peer?: number;
  ratio?: number;
  /** Ratio of the fastest steps of each side: what a busy machine disturbs least. */
  bestRatio?: number;
}

const run1 = promisify(execFile);
const stepsPerRun = 8;
const numSteps = 16;
const goals = { train: 1.0, fwd: 0.9, memory: 1.3, losses: 1e-4, compileMs: 300 };

/** Prints one figure a line. With `peer`, value and peer are what was measured and the goal bounds their ratio. */
export async function run(options: EngineBenchOptions = {}): Promise<Figure[]> {
  const { peer = false, json = false, rounds = 3 } = options;
  const figures: Figure[] = [];
  const print = (figure: Figure) => {
    figures.push(figure);
    console.log(json ? JSON.stringify(figure) : text(figure));
  };
  const compiled = measureCompile(clocks[options.cpu ? "cpu" : "time"]);
  print({ name: "engine.compile.1000", value: compiled.ms_min, unit: "ms", goal: goals.compileMs });
  if (peer) warnOfSlowPeer();
  for (const threads of options.threads ?? [1, 2])
    for (const mode of options.modes ?? (["train", "fwd"] as const))
      for (const model of options.models ?? (Object.keys(configs) as ModelName[])) {
        const ours: Measurement[] = [];
        const theirs: Measurement[] = [];
        for (let round = 0; round < rounds; round++) {
          if (peer) theirs.push(await measurePeer(model, mode, threads, options));
          ours.push(await measureEngine(model, mode, threads, options));
        }
        const name = `engine.${mode}.${model}.${threads}t`;
        const sides = [ours, theirs] as const;
        const best = peer ? { bestRatio: fastest(ours) / fastest(theirs) } : {};
        print({ ...compared(name, "ms/step", goals[mode], sides, (m) => m.ms_median), ...best });
        print(compared(`${name}.memory`, "MiB", goals.memory, sides, (m) => m.peak_rss_mib));
        if (peer && mode === "train") print(lossError(name, ours[0]!, theirs[0]!));
      }
  return figures;
}

async function measureEngine(
  model: ModelName,
  mode: "train" | "fwd",
  threads: number,
  { cpu = false }: EngineBenchOptions,
): Promise<Measurement> {
  const script = fileURLToPath(new URL("engine/measure.ts", import.meta.url));
  const { stdout } = await run1(process.execPath, [
    "--import",
    "tsx",
    script,
    model,
    mode,
    `${threads}`,
    `${numSteps}`,
    `${stepsPerRun}`,
    cpu ? "cpu" : "time",
  ]);
  return JSON.parse(stdout) as Measurement;
}

/** Runs a script whose clock counts processor time. */
const onProcessorTime = `import runpy, sys, time
time.perf_counter = time.process_time
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")`;

async function measurePeer(
  model: ModelName,
  mode: "train" | "fwd",
  threads: number,
  options: EngineBenchOptions,
): Promise<Measurement> {
  const { peerScript = sharedPath("bench", "torch_step.py"), python = "/usr/bin/python3", cpu = false } = options;
  if (!existsSync(peerScript))
    throw new Error(`the peer's script is not at ${peerScript}; set RETORT_SHARED or peerScript`);
  const settings = ["--model", model, "--mode", mode, "--threads", `${threads}`, "--steps", `${numSteps}`, "--losses"];
  const { stdout } = await run1(python, [...(cpu ? ["-c", onProcessorTime] : []), peerScript, ...settings]);
  return JSON.parse(stdout) as Measurement;
}

/** Debian's python3-torch multiplies matrices with whatever libblas.so.3 is; the reference library is ten times too slow to compare with. */
function warnOfSlowPeer(): void {
  const library = "/etc/alternatives/libblas.so.3-x86_64-linux-gnu";
  if (existsSync(library) && /\/blas\/libblas/.test(realpathSync(library)))
    console.warn("The peer would run on the reference BLAS: install libopenblas0-pthread for a fair comparison.");
}

function compared(
  name: string,
  unit: string,
  goal: number,
  [ours, theirs]: readonly [Measurement[], Measurement[]],
  pick: (m: Measurement) => number,
): Figure {
  const value = median(ours.map(pick));
  if (theirs.length === 0) return { name, value, unit, goal };
  const peer = median(theirs.map(pick));
  return { name, value, unit, goal, peer, ratio: value / peer };
}

function fastest(measurements: readonly Measurement[]): number {
  return Math.min(...measurements.map(({ ms_min }) => ms_min));
}

/** Largest relative difference of the first ten losses. */
function lossError(name: string, ours: Measurement, theirs: Measurement): Figure {
  const errors = ours.losses
    .slice(0, 10)
    .map((loss, i) => Math.abs(loss - theirs.losses[i]!) / Math.abs(theirs.losses[i]!));
  return { name: `${name}.losses`, value: Math.max(...errors), unit: "relative", goal: goals.losses };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

/** Figures in these units have goals as ratios to the peer only. */
const ratioUnits = new Set(["ms/step", "MiB"]);

function text({ name, value, unit, goal, peer, ratio, bestRatio }: Figure): string {
  const number = (x: number) => (x < 0.01 ? x.toExponential(1) : x.toFixed(x < 10 ? 2 : 1));
  const measured = `${name.padEnd(26)} ${number(value).padStart(8)} ${unit}`;
  if (peer === undefined || ratio === undefined) return `${measured}${ratioUnits.has(unit) ? "" : `  goal ${goal}`}`;
  const best = bestRatio === undefined ? "" : `, of the fastest steps ${bestRatio.toFixed(3)}`;
  return `${measured.padEnd(46)} PyTorch ${number(peer).padStart(8)}  ratio ${ratio.toFixed(3)} (goal ${goal}) ${ratio <= goal ? "met" : "MISSED"}${best}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      peer: { type: "boolean" },
      json: { type: "boolean" },
      cpu: { type: "boolean" },
      model: { type: "string", multiple: true },
      mode: { type: "string", multiple: true },
      threads: { type: "string", multiple: true },
      rounds: { type: "string" },
    },
  });
  await run({
    peer: values.peer ?? false,
    json: values.json ?? false,
    cpu: values.cpu ?? false,
    ...(values.model && { models: values.model as ModelName[] }),
    ...(values.mode && { modes: values.mode as ("train" | "fwd")[] }),
    ...(values.threads && { threads: values.threads.map(Number) }),
    rounds: Number(values.rounds ?? 3),
  });
}
