/** A training program: the compiled step, the state that it moves, and nothing else. [node] */
import { DivergedError, ModelError, ShapeError } from "../errors.ts";
import type { Graph } from "../graph/graph.ts";
import { sameShape, type Tensor, type TensorType, tensor, typeText } from "../graph/tensor.ts";
import { fromOrt, toOrt } from "./ort-tensor.ts";
import { emaSlot } from "./parameter-update.ts";
import { openSession, type SessionSettings } from "./providers.ts";
import { release } from "./release.ts";
import { decodeSnapshot, encodeSnapshot } from "./snapshot.ts";
import { type TrainGraphOptions, trainGraph } from "./train-graph.ts";

export interface TrainStepOptions extends TrainGraphOptions, SessionSettings {}

/** What K steps report; each array holds one number a step. */
export interface StepReport {
  readonly losses: Float32Array<ArrayBuffer>;
  /** Global L2 norms before clipping; not finite for a step that mixed precision skipped. */
  readonly gradNorms: Float32Array<ArrayBuffer>;
  /** Rates of the optimiser's default group. */
  readonly learningRates: Float64Array;
  readonly metrics: Readonly<Record<string, Float32Array<ArrayBuffer>>>;
}

export interface TrainStep {
  /** Types of one (micro-)batch by input name. */
  readonly inputs: Readonly<Record<string, TensorType>>;
  /** Names of the parameters that training changes. */
  readonly trained: readonly string[];
  /** Steps done so far: the schedule's position. */
  readonly step: number;
  /**
   * Trains k steps, 1 <= k <= stepsPerRun, on batches with a leading axis of k (times accumulate, micro-batches in order).
   * Blocks the event loop while ONNX Runtime works.
   * @throws DivergedError when a loss or gradient is NaN or infinite; the state of before this run is kept
   */
  run(batches: Readonly<Record<string, Tensor>>): Promise<StepReport>;
  /** All parameters of the graph by name: copies of those that training changes, and the frozen ones, which are the graph's own. */
  parameters(): Map<string, Tensor>;
  /** As `parameters`, with the moving averages in place of the trained weights. */
  averages(): Map<string, Tensor>;
  /** Everything that a later step depends on, exactly, in safetensors format. */
  state(): Uint8Array;
  /** @throws ModelError when the bytes hold the state of another program */
  load(state: Uint8Array): void;
  dispose(): Promise<void>;
}

/** Differentiates the graph, adds the optimiser and hands the step to ONNX Runtime; the graph itself is left as it is. */
export async function compileTrainStep(graph: Graph, options: TrainStepOptions): Promise<TrainStep> {
  const { optimizer, accumulate = 1, stepsPerRun = 1 } = options;
  const { bytes, inputs, batched, looped, state: initial, trained, scalars, results } = trainGraph(graph, options);
  const session = await openSession(bytes, options);
  let state: ReadonlyMap<string, Tensor> = initial;
  let step = 0;
  let open = true;

  function scalarFeeds(numSteps: number): [string, Tensor][] {
    return scalars.map(({ name, at }) => {
      const values = Float32Array.from({ length: numSteps }, (_, i) => at(step + i));
      return [`scalar/${name}`, tensor("float32", looped ? [numSteps] : [], values)];
    });
  }

  /** The initial tensors belong to the graph; all later ones are ours, and nobody else holds them. */
  function replaceState(next: (name: string) => Tensor): void {
    const old = state;
    state = new Map([...old.keys()].map((name) => [name, next(name)]));
    if (old !== initial) release(old.values());
  }

  function withSlot(suffix: string): Map<string, Tensor> {
    return new Map(
      [...graph.parameters].map(([name, value]) => {
        const now = state.get(name + suffix) ?? state.get(name);
        // Nobody changes what is frozen, and a large tower is not held twice.
        return [name, now ? { ...now, data: now.data.slice() } : value.tensor!];
      }),
    );
  }

  return {
    inputs,
    trained,
    get step() {
      return step;
    },
    async run(batches) {
      if (!open) throw new ModelError({ code: "DISPOSED", message: "the train step was disposed" });
      const numSteps = stepsIn(batches, { inputs, accumulate, stepsPerRun });
      const feeds = new Map(scalarFeeds(numSteps));
      for (const [name, { dtype, shape, data }] of Object.entries(batches))
        feeds.set(name, batched ? batches[name]! : { dtype, shape: shape.slice(1), data });
      for (const [name, value] of state) feeds.set(`state/${name}`, value);
      if (looped) feeds.set("steps", tensor("int64", [], [numSteps]));

      const out = await session.run(Object.fromEntries([...feeds].map(([name, value]) => [name, toOrt(value)])));
      const numbersOf = (name: string) => fromOrt(out[name]!).data as Float32Array<ArrayBuffer>;
      const [losses, gradNorms] = [numbersOf("loss"), numbersOf("gradNorm")];
      // In mixed precision a gradient that overflows is no divergence: its step was skipped and the loss scale halved.
      const overflowAllowed = options.precision === "mixed";
      const bad = losses.findIndex(
        (loss, i) => !Number.isFinite(loss) || !(overflowAllowed || Number.isFinite(gradNorms[i])),
      );
      if (bad >= 0)
        throw new DivergedError({
          code: "DIVERGED",
          message: "training diverged",
          expected: "a finite loss and gradient",
          got: `loss ${losses[bad]}, gradient norm ${gradNorms[bad]}`,
          where: `step ${step + bad}`,
          fix: "Lower the learning rate, clip the gradients (maxGradNorm) or look at the batch; the state before this run is kept.",
        });
      const learningRates = Float64Array.from({ length: numSteps }, (_, i) => optimizer.lr(step + i));
      replaceState((name) => fromOrt(out[`next/${name}`]!));
      step += numSteps;
      const metrics = results
        .filter((name) => name.startsWith("metric/"))
        .map((name) => [name.slice(7), numbersOf(name)]);
      return { losses, gradNorms, learningRates, metrics: Object.fromEntries(metrics) };
    },
    parameters: () => withSlot(""),
    averages() {
      if (options.ema !== undefined) return withSlot(`#${emaSlot}`);
      throw new ModelError({
        code: "NO_AVERAGES",
        message: "no moving averages are kept",
        fix: "Compile the step with `ema: 0.999`.",
      });
    },
    state: () =>
      encodeSnapshot({
        tensors: new Map(state),
        metadata: { format: "retort-train-state", optimizer: optimizer.name, step: `${step}` },
      }),
    load(bytes) {
      const { tensors, metadata } = decodeSnapshot(bytes);
      if (metadata.optimizer !== optimizer.name)
        throw otherState(`optimiser ${optimizer.name}`, `${metadata.optimizer}`);
      for (const [name, held] of state) {
        const saved = tensors.get(name);
        if (!saved || typeText(saved) !== typeText(held))
          throw otherState(`${name}: ${typeText(held)}`, saved ? typeText(saved) : "nothing");
      }
      const extra = [...tensors.keys()].find((name) => !state.has(name));
      if (extra !== undefined) throw otherState("nothing", `a tensor "${extra}"`);
      replaceState((name) => tensors.get(name)!);
      step = Number(metadata.step);
    },
    async dispose() {
      if (!open) return;
      open = false;
      if (state !== initial) release(state.values());
      state = initial;
      await session.release();
    },
  };
}

interface RunShape {
  inputs: Readonly<Record<string, TensorType>>;
  accumulate: number;
  stepsPerRun: number;
}

/** The number of steps that the batches are for, all of them agreeing. */
function stepsIn(batches: Readonly<Record<string, Tensor>>, { inputs, accumulate, stepsPerRun }: RunShape): number {
  const fail = (name: string, expected: string, got: string) =>
    new ShapeError({
      code: "BAD_BATCH",
      message: "a batch of another name or type",
      expected,
      got,
      where: `input "${name}"`,
    });
  for (const name of Object.keys(batches))
    if (!(name in inputs)) throw fail(name, `one of ${Object.keys(inputs).join(", ")}`, name);
  const leading = Object.values(batches)[0]?.shape[0] ?? accumulate;
  const numSteps = leading / accumulate;
  for (const [name, { dtype, shape }] of Object.entries(inputs)) {
    const batch = batches[name];
    const fits = batch && batch.dtype === dtype && batch.shape[0] === leading && sameShape(batch.shape.slice(1), shape);
    const steps = stepsPerRun > 1 ? `1 to ${stepsPerRun} steps` : "1 step";
    if (!fits || !Number.isInteger(numSteps) || numSteps < 1 || numSteps > stepsPerRun)
      throw fail(
        name,
        `${dtype}[n${shape.map((dim) => `,${dim}`).join("")}] with n = ${accumulate > 1 ? `${accumulate} micro-batches x ` : ""}${steps}`,
        batch ? typeText(batch) : "nothing",
      );
  }
  return numSteps;
}

function otherState(expected: string, got: string): ModelError {
  return new ModelError({ code: "OTHER_STATE", message: "the saved state belongs to another program", expected, got });
}
