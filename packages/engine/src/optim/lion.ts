import { op } from "../ops/functions.ts";
import { type GroupOptions, grouping, type Optimizer } from "./optimizer.ts";

export interface LionOptions extends GroupOptions {
  /** Weight of the old momentum in the direction, and in the new momentum; default [0.9, 0.99]. */
  betas?: readonly [number, number];
}

/** Lion: the sign of an interpolated momentum, with decoupled weight decay. Source: Chen et al., arXiv:2302.06675. */
export function lion({ betas: [beta1, beta2] = [0.9, 0.99], ...options }: LionOptions): Optimizer {
  return {
    name: "lion",
    slots: ["m"],
    ...grouping(options),
    scalars: (step, { lr, weightDecay }) => ({ rate: lr(step), decay: 1 - lr(step) * weightDecay }),
    update({ parameter, gradient, slots, scalars, group }) {
      const mix = (beta: number) => op.add(op.mul(slots.m!, beta), op.mul(gradient, 1 - beta));
      const decayed = group.weightDecay === 0 ? parameter : op.mul(parameter, scalars.decay!);
      const direction = op.sign(mix(beta1));
      return { parameter: op.sub(decayed, op.mul(direction, scalars.rate!)), slots: { m: mix(beta2) } };
    },
  };
}
