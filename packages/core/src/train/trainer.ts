// [node]
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as yieldToEvents } from "node:timers/promises";
import type { Graph, Optimizer, Tensor, Value } from "@retort/engine";
import { compileTrainStep, type Provider } from "@retort/engine/node";
import { StoppedError } from "../base/errors.ts";
import { type Batch, type BatchProducer, createPrefetcher } from "../data/prefetch.ts";
import { cutBatches, type MicroBatching } from "./micro-batch.ts";

/** What is learnt, from what, by which rule. */
export interface TrainTask {
  graph: Graph;
  /** Scalar. */
  loss: Value;
  /** Further scalars to report, by name. */
  metrics: Readonly<Record<string, Value>>;
  /**
   * Batch i feeds run i: every input of the graph, stacked [stepsPerRun, ...]. Made by a module in a thread of its own, while
   * the graph runs; or here, where a batch is made faster than a thread is started.
   */
  batches: { module: URL; options: unknown } | BatchProducer;
  optimizer: Optimizer;
  maxGradNorm: number;
  numSteps: number;
  /** Steps in one run of ONNX Runtime; divides numSteps. */
  stepsPerRun: number;
  checkpointEverySteps: number;
  /** Saves the state after the last step, too: for a stage that works on for long, and is not to train again when it is stopped there. */
  keepsLast?: boolean;
  provider: Provider;
  threads: number;
}

/** What the loop asks of whoever runs it; a stage's context is one. */
export interface TrainHost extends MicroBatching {
  workDir: string;
  checkpoint: { step: number; path: string } | null;
  signal: AbortSignal;
  metric(key: string, step: number, value: number): void;
  progress(done: number, total: number, unit: string): void;
  log(level: "info", message: string): void;
  saveCheckpoint(step: number, path: string): Promise<void>;
}

/**
 * The one training loop. Resumes from the host's checkpoint and ends with the same bits as a run that was never
 * interrupted: the state of the train program is exact and batches depend on their index alone. The graph is built for
 * microBatchSize() examples; the batches come whole. Told to stop for now, it saves its state first.
 * @returns the trained parameters by name
 * @throws DivergedError when the loss is no longer a number; the last checkpoint stays
 */
export async function train(task: TrainTask, host: TrainHost): Promise<Map<string, Tensor>> {
  const { graph, loss, metrics, optimizer, maxGradNorm, stepsPerRun, numSteps, provider, threads } = task;
  const { signal, accumulate = 1 } = host;
  const program = await compileTrainStep(graph, {
    loss,
    optimizer,
    metrics,
    maxGradNorm,
    stepsPerRun,
    accumulate,
    provider,
    threads,
  });
  if (accumulate > 1) host.log("info", `Each step is cut into ${accumulate} micro-batches`);
  let saved = host.checkpoint?.step ?? 0;
  const save = async () => {
    saved = program.step;
    await saveCheckpoint(program.step, program.state(), host);
  };
  try {
    if (host.checkpoint !== null) program.load(await readFile(host.checkpoint.path));
    if (program.step > 0) host.log("info", `Resumed at step ${program.step} of ${numSteps}`);
    const batches = batchSource(task.batches, { start: program.step / stepsPerRun, signal });
    try {
      while (program.step < numSteps) {
        const batch = await batches.next();
        if (mayResume(signal) && program.step > saved) await save();
        signal.throwIfAborted();
        const first = program.step;
        const startedAt = performance.now();
        const result = await program.run(cutBatches(batch, program.inputs, accumulate));
        const stepMs = (performance.now() - startedAt) / stepsPerRun;
        for (let i = 0; i < stepsPerRun; i++) {
          const step = first + i + 1;
          host.metric("loss", step, result.losses[i]!);
          host.metric("gradNorm", step, result.gradNorms[i]!);
          host.metric("learningRate", step, result.learningRates[i]!);
          for (const [name, values] of Object.entries(result.metrics)) host.metric(name, step, values[i]!);
        }
        host.metric("stepMs", program.step, stepMs);
        host.progress(program.step, numSteps, "steps");
        if (isCheckpoint(first, program.step, task)) await save();
        // The run blocked the event loop: reports leave and a cancel arrives here.
        await yieldToEvents();
      }
    } finally {
      await batches.close();
    }
    return program.parameters();
  } finally {
    await program.dispose();
  }
}

interface BatchSource {
  next(): Promise<Batch>;
  close(): Promise<void>;
}

function batchSource(
  batches: TrainTask["batches"],
  { start, signal }: { start: number; signal: AbortSignal },
): BatchSource {
  if ("module" in batches) return createPrefetcher({ ...batches, ahead: 2, start, signal });
  let index = start;
  return { next: async () => batches.batch(index++), close: async () => {} };
}

/** Stopped, to go on later from what is saved now. */
function mayResume({ reason }: AbortSignal): boolean {
  return reason instanceof StoppedError && reason.mayResume;
}

function isCheckpoint(before: number, step: number, task: TrainTask): boolean {
  const { checkpointEverySteps, numSteps, keepsLast = false } = task;
  if (step >= numSteps) return keepsLast;
  return Math.floor(step / checkpointEverySteps) > Math.floor(before / checkpointEverySteps);
}

async function saveCheckpoint(step: number, state: Uint8Array, host: TrainHost): Promise<void> {
  const path = join(host.workDir, `checkpoint-${step}.bin`);
  await writeFile(path, state);
  await host.saveCheckpoint(step, path);
}
