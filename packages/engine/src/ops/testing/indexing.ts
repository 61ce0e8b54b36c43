import { tensor } from "../../graph/tensor.ts";
import type { indexing as operators } from "../indexing.ts";
import { constant, int64, type Sampler, scalar64 } from "./samplers.ts";

export const indexing = {
  Gather: (draw) => {
    const shape = draw.shape(1, 3);
    const axis = draw.axis(shape.length);
    const indices = draw.indices(draw.pick([[], [1], [4], [2, 2]]), shape.at(axis) as number);
    return { inputs: [draw.floats(shape), draw.int(0, 1) === 0 ? indices : constant(indices)], attributes: { axis } };
  },
  GatherElements: (draw) => {
    const shape = draw.shape(1, 3);
    const axis = draw.axis(shape.length);
    const at = (axis + shape.length) % shape.length;
    const picked = shape.map((dim, i) => (i === at ? draw.int(1, 5) : draw.int(1, dim)));
    return { inputs: [draw.floats(shape), draw.indices(picked, shape[at] as number)], attributes: { axis } };
  },
  GatherND: (draw) => {
    const batch_dims = draw.int(0, 1);
    const inputs = batch_dims
      ? [
          draw.floats([2, 3, 2]),
          draw.indices(
            draw.pick([
              [2, 1],
              [2, 4, 1],
            ]),
            3,
          ),
        ]
      : [draw.floats([3, 3, 2]), draw.indices(draw.pick([[4, 1], [2, 2, 2], [2]]), 3)];
    return { inputs, attributes: { batch_dims } };
  },
  ScatterND: (draw) => {
    const reduction = draw.pick(["none", "add"]);
    // Without a reduction a position may be written only once.
    const rows = reduction === "add" ? draw.indices([3, 1], 4) : tensor("int64", [2, 1], [3, 0]);
    return {
      inputs: [draw.floats([4, 3]), rows, draw.floats([rows.shape[0] as number, 3])],
      attributes: { reduction },
    };
  },
  ScatterElements: (draw) => {
    const reduction = draw.pick(["none", "add"]);
    const at = reduction === "add" ? draw.indices([2, 3], 4) : tensor("int64", [2, 3], [0, 3, 1, 2, 1, 0]);
    return {
      inputs: [draw.floats([2, 4]), at, draw.floats([2, 3])],
      attributes: { axis: draw.pick([1, -1]), reduction },
    };
  },
  TopK: (draw) => {
    const shape = draw.shape(1, 3);
    const axis = draw.axis(shape.length);
    const k = draw.int(1, shape.at(axis) as number);
    return { inputs: [draw.floats(shape), int64([k])], attributes: { axis, largest: draw.int(0, 1) } };
  },
  OneHot: (draw) => ({
    inputs: [draw.indices(draw.shape(1, 2), 4), scalar64(4), constant(tensor("float32", [2], [0.25, 2]))],
    attributes: { axis: draw.pick([-1, 0]) },
  }),
  NonZero: (draw) => ({ inputs: [constant(draw.floats([2, 3], (x) => Math.trunc(2 * x)))] }),
} satisfies Record<keyof typeof operators, Sampler>;
