import type { reduction as operators } from "../reduction.ts";
import { apart, int64, positive, type Sampler, scalar64 } from "./samplers.ts";

const reduced =
  (map?: (x: number) => number): Sampler =>
  (draw) => {
    const shape = draw.shape(1, 3);
    const data = draw.floats(shape, map);
    const attributes = { keepdims: draw.int(0, 1) };
    return draw.int(0, 3) === 0
      ? { inputs: [data], attributes }
      : { inputs: [data, int64(draw.axes(shape.length))], attributes };
  };

const argExtreme: Sampler = (draw) => {
  const shape = draw.shape(1, 3);
  return { inputs: [draw.floats(shape)], attributes: { axis: draw.axis(shape.length), keepdims: draw.int(0, 1) } };
};

export const reduction = {
  ReduceSum: reduced(),
  ReduceMean: reduced(),
  ReduceMax: reduced(),
  ReduceMin: reduced(),
  ReduceProd: reduced(),
  ReduceL1: reduced(apart),
  ReduceL2: reduced(apart),
  ReduceLogSum: reduced(positive),
  ReduceLogSumExp: reduced(),
  ReduceSumSquare: reduced(),
  ArgMax: argExtreme,
  ArgMin: argExtreme,
  CumSum: (draw) => {
    const shape = draw.shape(1, 3);
    const axis = scalar64(draw.axis(shape.length));
    return { inputs: [draw.floats(shape), axis], attributes: { exclusive: draw.int(0, 1), reverse: draw.int(0, 1) } };
  },
} satisfies Record<keyof typeof operators, Sampler>;
