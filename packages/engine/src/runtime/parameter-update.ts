/** The second half of a training step: clipping, the optimiser's update of every parameter, the average of the weights. */
import { Graph, type Value } from "../graph/graph.ts";
import { filled, type Tensor, type TensorType } from "../graph/tensor.ts";
import { emit } from "../onnx/export.ts";
import { op } from "../ops/functions.ts";
import { clipFactor, globalNorm } from "../optim/clip.ts";
import type { Optimizer, ParameterGroup } from "../optim/optimizer.ts";
import type { Part } from "./loops.ts";
import { initialLossScale, isFiniteNorm, type LossScaleOptions, lossScaleState, nextLossScale } from "./loss-scale.ts";

export interface UpdateOptions {
  optimizer: Optimizer;
  maxGradNorm?: number | undefined;
  ema?: number | undefined;
  precision?: "float32" | "mixed";
  lossScale?: LossScaleOptions;
}

/** What is put before names inside the Loop over steps and the one over micro-batches; "" outside. */
export interface Marks {
  step: string;
  micro: string;
}

/** A number of each step that the host computes. */
export interface StepScalar {
  readonly name: string;
  at(step: number): number;
}

export interface ParameterUpdate {
  part: Part;
  /** What goes in as "state/<name>" and comes out as "next/<name>", with its initial contents. */
  state: Map<string, Tensor>;
  scalars: StepScalar[];
}

export const emaSlot = "ema";

/** Reads "grad/<parameter>" of every trained parameter; yields the next state and "gradNorm". */
export function parameterUpdate(trained: readonly Value[], options: UpdateOptions, mark: Marks): ParameterUpdate {
  const { optimizer, maxGradNorm, ema, precision, lossScale = {} } = options;
  const graph = new Graph("update", trained[0]!.graph.ops);
  const given = new Map<Value, string>();
  const outputs = new Map<string, Value>();
  const state = new Map<string, Tensor>();
  const input = (name: string, type: TensorType): Value => {
    const value = graph.input(name, type);
    given.set(value, name);
    return value;
  };
  const held = (name: string, initial: Tensor): Value => {
    state.set(name, initial);
    return input(`${mark.step}state/${name}`, initial);
  };

  const scaled = trained.map((parameter) => input(`grad/${parameter.name}`, parameter));
  const scale = precision === "mixed" ? scaling(held, lossScale) : null;
  const norm = scale ? op.div(globalNorm(scaled), scale.value) : globalNorm(scaled);
  outputs.set(`${mark.step}gradNorm`, norm);
  const clip = maxGradNorm === undefined ? null : clipFactor(norm, maxGradNorm);
  const factor = scale ? op.div(clip ?? 1, scale.value) : clip;
  const gradients = factor ? scaled.map((gradient) => op.mul(gradient, factor)) : scaled;

  const finite = scale && isFiniteNorm(norm);
  const next = (name: string, old: Value, value: Value) => {
    outputs.set(`${mark.step}next/${name}`, finite ? op.where(finite, value, old) : value);
  };
  if (scale && finite) {
    const { scale: value, steps } = nextLossScale({ scale: scale.value, steps: scale.steps, finite }, lossScale);
    outputs.set(`${mark.step}next/${lossScaleState.scale}`, value);
    outputs.set(`${mark.step}next/${lossScaleState.steps}`, steps);
  }

  const { scalars, of: scalarsOf } = stepScalars(optimizer, (name) =>
    input(`${mark.step}scalar/${name}`, { dtype: "float32", shape: [] }),
  );
  trained.forEach(({ name, tensor, dtype, shape }, i) => {
    const initial = tensor!;
    const group = optimizer.group(name);
    const parameter = held(name, initial);
    const slots = Object.fromEntries(
      optimizer.slots.map((slot) => [slot, held(`${name}#${slot}`, filled(dtype, shape, 0))]),
    );
    const updated = optimizer.update({ parameter, gradient: gradients[i]!, slots, scalars: scalarsOf(group), group });
    next(name, parameter, updated.parameter);
    for (const slot of optimizer.slots) next(`${name}#${slot}`, slots[slot]!, updated.slots[slot]!);
    if (ema === undefined) return;
    const average = held(`${name}#${emaSlot}`, initial);
    next(`${name}#${emaSlot}`, average, op.add(op.mul(average, ema), op.mul(updated.parameter, 1 - ema)));
  });
  return { part: emit(graph, { outputs, given, prefix: "update/" }), state, scalars };
}

function scaling(held: (name: string, initial: Tensor) => Value, options: LossScaleOptions) {
  const initial = initialLossScale(options);
  const [value, steps] = [lossScaleState.scale, lossScaleState.steps].map((name) => held(name, initial.get(name)!)) as [
    Value,
    Value,
  ];
  return { value, steps };
}

/** The numbers of a step, one input each; parameters of one group share theirs. */
function stepScalars(optimizer: Optimizer, input: (name: string) => Value) {
  const groups = new Map<ParameterGroup, Record<string, Value>>();
  const scalars: StepScalar[] = [];
  const of = (group: ParameterGroup): Record<string, Value> => {
    const known = groups.get(group);
    if (known) return known;
    const made = Object.keys(optimizer.scalars(0, group)).map((key) => {
      const name = `${groups.size}/${key}`;
      scalars.push({ name, at: (step) => optimizer.scalars(step, group)[key]! });
      return [key, input(name)] as const;
    });
    groups.set(group, Object.fromEntries(made));
    return groups.get(group)!;
  };
  return { scalars, of };
}
