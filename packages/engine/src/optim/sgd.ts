import type { Value } from "../graph/graph.ts";
import { op } from "../ops/functions.ts";
import { type GroupOptions, grouping, type Optimizer, type UpdateOutput } from "./optimizer.ts";

export interface SgdOptions extends GroupOptions {
  /** Default 0: no buffer is kept. */
  momentum?: number;
  nesterov?: boolean;
}

/** Stochastic gradient descent; the buffer starts at 0 and weight decay is added to the gradient, as in torch.optim.SGD. */
export function sgd({ momentum = 0, nesterov = false, ...options }: SgdOptions): Optimizer {
  return {
    name: "sgd",
    slots: momentum === 0 ? [] : ["momentum"],
    ...grouping(options),
    scalars: (step, { lr }) => ({ rate: lr(step) }),
    update({ parameter, gradient, slots, scalars, group }): UpdateOutput {
      const g = group.weightDecay === 0 ? gradient : op.add(gradient, op.mul(parameter, group.weightDecay));
      const moved = (direction: Value) => op.sub(parameter, op.mul(direction, scalars.rate!));
      if (momentum === 0) return { parameter: moved(g), slots: {} };
      const buffer = op.add(op.mul(slots.momentum!, momentum), g);
      return { parameter: moved(nesterov ? op.add(g, op.mul(buffer, momentum)) : buffer), slots: { momentum: buffer } };
    },
  };
}
