import type { shape as operators } from "../shape.ts";
import { shuffled } from "./draw.ts";
import { int64, type Sampler } from "./samplers.ts";

export const shape = {
  Reshape: (draw) => {
    const shape = [draw.int(1, 3), draw.int(1, 3), draw.int(1, 3)] as const;
    const target = draw.pick([[-1], [0, -1], [shape[2], -1], [shape[0] * shape[1], shape[2]], [...shape, 1]]);
    return { inputs: [draw.floats(shape), int64(target)] };
  },
  Flatten: (draw) => {
    const shape = draw.shape(1, 4);
    return { inputs: [draw.floats(shape)], attributes: { axis: draw.int(-shape.length, shape.length) } };
  },
  Squeeze: (draw) => {
    const x = draw.floats([1, draw.int(2, 3), 1]);
    return { inputs: draw.pick([[x], [x, int64([0])], [x, int64([-1, 0])]]) };
  },
  Unsqueeze: (draw) => ({ inputs: [draw.floats([2, 3]), int64(draw.pick([[0], [-1], [1, 3], [0, -1]]))] }),
  Transpose: (draw) => {
    const shape = draw.shape(1, 4);
    return draw.int(0, 3) === 0
      ? { inputs: [draw.floats(shape)] }
      : { inputs: [draw.floats(shape)], attributes: { perm: shuffled(shape.length, { seed: draw.int(1, 1e6) }) } };
  },
  Expand: (draw) => {
    const shape = draw.shape(1, 3);
    const narrow = shape.map((dim) => (draw.int(0, 1) === 0 ? 1 : dim));
    return { inputs: [draw.floats(narrow), int64(draw.int(0, 1) === 0 ? shape : [2, ...shape])] };
  },
  Tile: (draw) => {
    const shape = draw.shape(1, 3);
    return { inputs: [draw.floats(shape), int64(shape.map(() => draw.int(1, 3)))] };
  },
  DepthToSpace: (draw) => {
    const blocksize = draw.int(1, 2);
    const x = draw.floats([2, blocksize ** 2 * draw.int(1, 2), 2, draw.int(1, 3)]);
    return { inputs: [x], attributes: { blocksize, mode: draw.pick(["DCR", "CRD"]) } };
  },
  SpaceToDepth: (draw) => {
    const blocksize = draw.int(1, 2);
    return { inputs: [draw.floats([2, 2, blocksize * 2, blocksize * draw.int(1, 2)])], attributes: { blocksize } };
  },
} satisfies Record<keyof typeof operators, Sampler>;
