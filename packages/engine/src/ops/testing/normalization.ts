import type { normalization as operators } from "../normalization.ts";
import { apart, positive, type Sampler } from "./samplers.ts";

export const normalization = {
  LayerNormalization: (draw) => {
    const shape = [draw.int(1, 3), draw.int(1, 3), draw.int(3, 5)];
    const axis = draw.pick([-1, 2, 1, -2]);
    const dims = shape.slice(axis);
    const weights = draw.int(0, 2) === 0 ? [draw.floats(dims)] : [draw.floats(dims), draw.floats(dims)];
    return { inputs: [draw.floats(shape), ...weights], attributes: { axis, epsilon: 0.01 } };
  },
  RMSNormalization: (draw) => {
    const shape = [draw.int(1, 3), draw.int(1, 3), draw.int(2, 5)];
    const axis = draw.pick([-1, 1]);
    return { inputs: [draw.floats(shape), draw.floats(shape.slice(axis))], attributes: { axis, epsilon: 0.01 } };
  },
  GroupNormalization: (draw) => {
    const [groups, per] = [draw.int(1, 2), draw.int(1, 2)];
    const c = groups * per;
    const inputs = [draw.floats([2, c, 2, draw.int(2, 3)]), draw.floats([c]), draw.floats([c])];
    return { inputs, attributes: { num_groups: groups, epsilon: 0.01 } };
  },
  InstanceNormalization: (draw) => {
    const c = draw.int(1, 3);
    return { inputs: [draw.floats([2, c, 2, 3]), draw.floats([c]), draw.floats([c])], attributes: { epsilon: 0.01 } };
  },
  BatchNormalization: (draw) => {
    const c = draw.int(1, 3);
    const weights = [draw.floats([c]), draw.floats([c]), draw.floats([c]), draw.floats([c], positive)];
    return {
      inputs: [
        draw.floats(
          draw.pick([
            [3, c],
            [2, c, 3],
            [2, c, 2, 2],
          ]),
        ),
        ...weights,
      ],
      attributes: { epsilon: 0.01 },
    };
  },
  MeanVarianceNormalization: (draw) => ({ inputs: [draw.floats([2, draw.int(1, 2), 2, draw.int(2, 3)])] }),
  LRN: (draw) => {
    const attributes = { size: draw.int(1, 4), alpha: 0.3, beta: draw.pick([0.75, 1]), bias: 1.5 };
    return { inputs: [draw.floats([2, draw.int(1, 5), 2, 2])], attributes };
  },
  LpNormalization: (draw) => {
    const shape = draw.shape(1, 3);
    return { inputs: [draw.floats(shape, apart)], attributes: { axis: draw.axis(shape.length), p: draw.int(1, 2) } };
  },
} satisfies Record<keyof typeof operators, Sampler>;
