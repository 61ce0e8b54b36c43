/**
 * The training step as one ONNX model: forward and backward pass, clipping, optimiser. Two graphs are laid side by side,
 * the differentiated model and the update of its parameters:
 *
 *   stepsPerRun > 1   Loop over steps { state, batch[step] -> next state, loss, ... }
 *   accumulate > 1    inside a step: Loop over micro-batches { gradients += gradients of the micro-batch }
 *   else              the nodes of both graphs, plainly
 *
 * The model's inputs and outputs are called the same in all forms: batch inputs as the caller named them,
 * "state/<name>" -> "next/<name>", "scalar/<name>" for the numbers of a step, and the results "loss", "gradNorm",
 * "metric/<name>". Inside a Loop body these names carry the marks "step:" and "micro:".
 */
import { grad } from "../autodiff/grad.ts";
import { ModelError, ShapeError } from "../errors.ts";
import type { Graph, Value } from "../graph/graph.ts";
import { type Tensor, type TensorType, typeText } from "../graph/tensor.ts";
import { emit, encodeGraph, usedValues, valueInfo } from "../onnx/export.ts";
import { op } from "../ops/functions.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import { autocast } from "./autocast.ts";
import { accumulationLoop, batchedInfo, join, slices, stepLoop } from "./loops.ts";
import { type LossScaleOptions, lossScaleState } from "./loss-scale.ts";
import { type Marks, parameterUpdate, type StepScalar } from "./parameter-update.ts";

export interface TrainGraphOptions {
  /** A float32 scalar of the graph. */
  loss: Value;
  optimizer: Optimizer;
  /** Scales all gradients so that their common L2 norm is at most this; default: no clipping. */
  maxGradNorm?: number | undefined;
  /** Micro-batches whose mean loss is one step's; default 1. */
  accumulate?: number;
  /** Most steps in one run; default 1. */
  stepsPerRun?: number;
  /** Further float32 scalars to report for each step (the mean over its micro-batches). */
  metrics?: Readonly<Record<string, Value>>;
  /** Trainable parameters whose names match stay as they are and compute no gradient. */
  freeze?: RegExp | undefined;
  /** Decay of an exponential moving average of the weights, e.g. 0.999; default: none is kept. */
  ema?: number | undefined;
  /** Scopes whose inner values the backward pass computes again instead of keeping them: /blocks\.\d+/. */
  recompute?: RegExp | undefined;
  /** "mixed": products in float16, weights and everything else in float32, a dynamic scale of the loss; default "float32". */
  precision?: "float32" | "mixed";
  /** For mixed precision. */
  lossScale?: LossScaleOptions;
}

export interface TrainGraph {
  readonly bytes: Uint8Array;
  /** Types of one (micro-)batch. With `batched`, a run takes them with a leading axis. */
  readonly inputs: Readonly<Record<string, TensorType>>;
  readonly batched: boolean;
  /** Do scalars and results have a leading axis of steps? Then the input "steps" says how many. */
  readonly looped: boolean;
  /** Trained parameters under their names, then "<parameter>#<slot>"; with their initial contents. */
  readonly state: ReadonlyMap<string, Tensor>;
  readonly trained: readonly string[];
  readonly scalars: readonly StepScalar[];
  /** "loss", "gradNorm" and "metric/<name>". */
  readonly results: readonly string[];
}

const scalarType: TensorType = { dtype: "float32", shape: [] };

/**
 * @throws ModelError NOTHING_TRAINS when no trainable parameter reaches the loss; what `grad` throws
 * @throws ShapeError NOT_A_SCALAR when loss or metrics are no float32 scalars
 */
export function trainGraph(graph: Graph, options: TrainGraphOptions): TrainGraph {
  const { accumulate = 1, stepsPerRun = 1 } = options;
  const looped = stepsPerRun > 1;
  const batched = looped || accumulate > 1;
  const mark = { step: looped ? "step:" : "", micro: batched ? "micro:" : "" };
  const model = differentiate(graph, options, mark);
  const update = parameterUpdate(model.trained, options, mark);
  const { inputs, results } = model;

  const index = looped ? "step:index" : undefined;
  const forwardBackward =
    accumulate > 1
      ? accumulationLoop({ part: model.part, inputs, results, gradients: model.gradients, accumulate, step: index })
      : join(
          {
            nodes: index
              ? slices(
                  inputs.map(({ name }) => name),
                  { index, mark: mark.micro },
                )
              : [],
          },
          model.part,
        );
  const step = join(forwardBackward, update.part);

  const type = batched ? batchedInfo : valueInfo;
  const shell = {
    name: `${graph.name} train`,
    inputs: inputs.map((input) => type(input.name, input)),
    state: update.state,
    scalars: update.scalars.map(({ name }) => `scalar/${name}`),
    results: [...results, "gradNorm"],
  };
  const proto = looped
    ? stepLoop(step, shell)
    : {
        name: shell.name,
        input: [
          ...shell.inputs,
          ...shell.scalars.map((name) => valueInfo(name, scalarType)),
          ...stateInfo("state/", update.state),
        ],
        output: [...stateInfo("next/", update.state), ...shell.results.map((name) => valueInfo(name, scalarType))],
        initializer: step.initializers,
        node: step.nodes,
      };
  return {
    bytes: encodeGraph(proto),
    inputs: Object.fromEntries(inputs.map(({ name, dtype, shape }) => [name, { dtype, shape }])),
    batched,
    looped,
    state: update.state,
    trained: model.trained.map(({ name }) => name),
    scalars: update.scalars,
    results: shell.results,
  };
}

/** The model with its backward pass: yields the loss, the metrics and "grad/<parameter>". */
function differentiate(graph: Graph, options: TrainGraphOptions, mark: Marks) {
  const { loss, metrics = {}, freeze, accumulate = 1, recompute, precision } = options;
  const { graph: copy, values } = precision === "mixed" ? autocast(graph) : graph.clone();
  const inputs = [...copy.inputs];
  const reported = Object.entries(metrics).map(([name, value]) => [`metric/${name}`, value] as const);
  const results = new Map(
    [["loss", loss] as const, ...reported].map(([name, value]) => [
      name,
      op.cast(values.get(checkScalar(name, value))!, "float32"),
    ]),
  );
  const target = results.get("loss")!;
  const used = usedValues([target]);
  const trained = [...copy.parameters.values()].filter(
    (parameter) => parameter.trainable && used.has(parameter) && !freeze?.test(parameter.name),
  );
  if (trained.length === 0)
    throw new ModelError({
      code: "NOTHING_TRAINS",
      message: "no trainable parameter reaches the loss",
      got: `${graph.parameters.size} parameters${freeze ? `, frozen: ${freeze}` : ""}`,
      where: `graph "${graph.name}"`,
    });
  const given = new Map<Value, string>();
  for (const input of inputs) given.set(input, mark.micro + input.name);
  for (const parameter of trained) given.set(parameter, `${mark.step}state/${parameter.name}`);

  // Seeding with 1 / accumulate makes the sum over micro-batches the gradient of their mean.
  let seed = copy.constant(1 / accumulate);
  if (precision === "mixed") {
    const scale = copy.input(copy.uniqueName("loss scale"), scalarType);
    given.set(scale, `${mark.step}state/${lossScaleState.scale}`);
    seed = op.mul(scale, seed);
  }
  const gradients = grad(target, trained, { seed, ...(recompute && { recompute }) });
  const outputs = new Map([...results].map(([name, value]) => [(accumulate > 1 ? "micro:" : mark.step) + name, value]));
  trained.forEach(({ name }, i) => {
    outputs.set(`${accumulate > 1 ? "micro:" : ""}grad/${name}`, gradients[i]!);
  });
  const all = usedValues([...outputs.values()]);
  return {
    part: emit(copy, { outputs, given, prefix: "model/" }),
    inputs: inputs.filter((input) => all.has(input)),
    results: [...results.keys()],
    trained,
    gradients: trained.map(({ name, dtype, shape }) => ({ name: `grad/${name}`, dtype, shape })),
  };
}

function stateInfo(prefix: string, state: ReadonlyMap<string, Tensor>) {
  return [...state].map(([name, type]) => valueInfo(prefix + name, type));
}

function checkScalar(name: string, value: Value): Value {
  if (value.dtype === "float32" && value.shape.length === 0) return value;
  throw new ShapeError({
    code: "NOT_A_SCALAR",
    message: "losses and metrics are reported as one number",
    expected: "float32[]",
    got: typeText(value),
    where: name,
    fix: "Reduce it with op.reduceMean(value, { keepdims: false }) and cast it to float32.",
  });
}
