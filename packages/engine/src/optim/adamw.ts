import { op } from "../ops/functions.ts";
import { type GroupOptions, grouping, type Optimizer } from "./optimizer.ts";

export interface AdamwOptions extends GroupOptions {
  /** Decay rates of the two moments, default [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** Added to the root of the second moment, default 1e-8. */
  eps?: number;
}

/**
 * Adam with decoupled weight decay. Source: Loshchilov and Hutter, arXiv:1711.05101; the arithmetic of torch.optim.AdamW.
 *
 * The moments are kept as m/(1 - beta1) and v/(1 - beta2). Then m <- beta1 m + g and v <- beta2 v + g^2 need no further
 * factor, and bias correction moves into two numbers of the step: three passes over memory fewer for each parameter.
 */
export function adamw({ betas: [beta1, beta2] = [0.9, 0.999], eps = 1e-8, ...options }: AdamwOptions): Optimizer {
  return {
    name: "adamw",
    slots: ["m", "v"],
    ...grouping(options),
    scalars(step, { lr, weightDecay }) {
      const t = step + 1;
      const rate = lr(step);
      const root = Math.sqrt((1 - beta2) / (1 - beta2 ** t));
      return { decay: 1 - rate * weightDecay, rate: (rate * (1 - beta1)) / (1 - beta1 ** t) / root, eps: eps / root };
    },
    update({ parameter, gradient, slots, scalars, group }) {
      const m = op.add(op.mul(slots.m!, beta1), gradient);
      const v = op.add(op.mul(slots.v!, beta2), op.mul(gradient, gradient));
      const direction = op.div(m, op.add(op.sqrt(v), scalars.eps!));
      const decayed = group.weightDecay === 0 ? parameter : op.mul(parameter, scalars.decay!);
      return { parameter: op.sub(decayed, op.mul(direction, scalars.rate!)), slots: { m, v } };
    },
  };
}
