import type { Attributes } from "../../graph/graph.ts";
import { type DType, tensor } from "../../graph/tensor.ts";
import type { creation as operators } from "../creation.ts";
import { castCodes } from "../functions.ts";
import { constant, int64, type Sampler, scalar64, unary } from "./samplers.ts";

/** Names the dtype that a Cast goes to. */
const castTo = (dtype: DType): Attributes => ({ to: castCodes[dtype] });

export const creation = {
  Cast: (draw) => unary(undefined, () => castTo(draw.pick<DType>(["float64", "float32", "int64", "bool"])))(draw),
  CastLike: (draw) => ({ inputs: [draw.floats(draw.shape(0, 3)), constant(tensor("float64", [1], [0]))] }),
  Shape: unary(undefined, (draw) => draw.pick<Attributes>([{}, { start: 1 }, { start: -2, end: -1 }])),
  Size: unary(),
  Constant: (draw) => ({
    inputs: [],
    attributes: draw.pick<Attributes>([
      { value: tensor("float32", [2], [1, 2]) },
      { value_int: 3 },
      { value_floats: [0.5, 1] },
    ]),
  }),
  ConstantOfShape: (draw) => ({
    inputs: [int64(draw.shape(1, 3))],
    attributes: { value: tensor("float32", [1], [0.5]) },
  }),
  Range: (draw) => ({ inputs: [scalar64(draw.int(-2, 2)), scalar64(draw.int(3, 6)), scalar64(draw.int(1, 3))] }),
  EyeLike: (draw) => ({ inputs: [draw.floats([draw.int(1, 4), draw.int(1, 4)])], attributes: { k: draw.int(-1, 1) } }),
} satisfies Record<keyof typeof operators, Sampler>;
