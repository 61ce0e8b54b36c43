/**
 * One measurement in a process of its own, so that peak memory is that of the work. Arguments: model, mode, threads, timed
 * steps, steps per run, "time" or "cpu" (processor time of all threads); prints what the peer's script prints.
 */
import { optim, type Tensor } from "../../src/index.ts";
import { compile, compileTrainStep } from "../../src/node.ts";
import { type ClockName, clocks } from "./clock.ts";
import { buildBatch, buildModel, type ModelName } from "./models.ts";

export interface Measurement {
  ms_median: number;
  ms_min: number;
  peak_rss_mib: number;
  /** Training: every loss, the first one before any update. */
  losses: number[];
}

const warmupSteps = 2;

async function measureTraining(
  model: ModelName,
  threads: number,
  numSteps: number,
  stepsPerRun: number,
): Promise<Measurement> {
  const { graph, loss } = buildModel(model);
  const optimizer = optim.adamw({ lr: 1e-4, weightDecay: 0.01 });
  const step = await compileTrainStep(graph, { loss, optimizer, threads, stepsPerRun });
  const batch = Object.entries(buildBatch(model));
  const losses: number[] = [];
  const times: number[] = [];
  const train = async (count: number) => {
    const repeated = Object.fromEntries(batch.map(([name, tensor]) => [name, repeat(tensor, count)]));
    const start = nowMs();
    const report = await step.run(repeated);
    losses.push(...report.losses);
    return (nowMs() - start) / count;
  };
  await train(Math.min(warmupSteps, stepsPerRun));
  while (losses.length < warmupSteps) await train(1);
  while (losses.length < warmupSteps + numSteps) times.push(await train(stepsPerRun));
  await step.dispose();
  return report(times, losses);
}

async function measureForward(model: ModelName, threads: number, numSteps: number): Promise<Measurement> {
  const { graph, logits } = buildModel(model);
  graph.output("logits", logits);
  const program = await compile(graph, { threads });
  const { x } = buildBatch(model);
  const times: number[] = [];
  for (let i = 0; i < warmupSteps + numSteps; i++) {
    const start = nowMs();
    await program.run({ x });
    if (i >= warmupSteps) times.push(nowMs() - start);
  }
  await program.dispose();
  return report(times, []);
}

function report(times: number[], losses: number[]): Measurement {
  const sorted = times.toSorted((a, b) => a - b);
  const middle = (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
  return { ms_median: middle, ms_min: sorted[0]!, peak_rss_mib: process.resourceUsage().maxRSS / 1024, losses };
}

/** The batch `count` times along a new first axis. */
function repeat({ dtype, shape, data }: Tensor, count: number): Tensor {
  const size = data.length;
  const all = new (data.constructor as Float32ArrayConstructor)(size * count);
  for (let i = 0; i < count; i++) all.set(data as Float32Array, i * size);
  return { dtype, shape: [count, ...shape], data: all };
}

const [model, mode, threads, numSteps, stepsPerRun, clock] = process.argv.slice(2);
const nowMs = clocks[clock as ClockName];
const result =
  mode === "train"
    ? await measureTraining(model as ModelName, Number(threads), Number(numSteps), Number(stepsPerRun))
    : await measureForward(model as ModelName, Number(threads), Number(numSteps));
console.log(JSON.stringify(result));
