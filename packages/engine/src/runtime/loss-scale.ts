/** Dynamic loss scaling: small float16 gradients are kept from vanishing, and steps whose gradients overflow are skipped. */
import type { Value } from "../graph/graph.ts";
import { tensor } from "../graph/tensor.ts";
import { op } from "../ops/functions.ts";

export interface LossScaleOptions {
  /** First factor of the loss, default 65536. */
  initial?: number;
  /** Steps without an overflow after which the factor doubles, default 2000; an overflow halves it. */
  growthSteps?: number;
}

/** State of a training: the factor, and the steps since its last change. */
export const lossScaleState = { scale: "#lossScale", steps: "#lossScaleSteps" } as const;

export function initialLossScale({ initial = 65536 }: LossScaleOptions) {
  return new Map([
    [lossScaleState.scale, tensor("float32", [], [initial])],
    [lossScaleState.steps, tensor("float32", [], [0])],
  ]);
}

const largest = 3.4e38;

/** Is a norm a number? NaN compares as false. */
export function isFiniteNorm(norm: Value): Value {
  return op.lessOrEqual(norm, largest);
}

/** The state after a step whose gradients were finite or not. */
export function nextLossScale(
  { scale, steps, finite }: { scale: Value; steps: Value; finite: Value },
  { growthSteps = 2000 }: LossScaleOptions,
): { scale: Value; steps: Value } {
  const counted = op.add(steps, 1);
  const grows = op.greaterOrEqual(counted, growthSteps);
  const halved = op.max(op.mul(scale, 0.5), 1);
  const zero = op.mul(steps, 0);
  return {
    scale: op.where(finite, op.where(grows, op.mul(scale, 2), scale), halved),
    steps: op.where(finite, op.where(grows, zero, counted), zero),
  };
}
