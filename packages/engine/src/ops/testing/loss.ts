import type { Attributes } from "../../graph/graph.ts";
import { numbers, tensor } from "../../graph/tensor.ts";
import type { loss as operators } from "../loss.ts";
import { positive, type Sampler } from "./samplers.ts";

const lossSample: Sampler = (draw) => {
  const shape = draw.pick([[3], [3, 3]]);
  // The first target counts in any case: a mean over nothing is no number.
  const classes = numbers(draw.indices(shape, 4)).map((at, i) => (i === 0 ? 1 : at & 3));
  const weight = draw.int(0, 1) === 0 ? [] : [draw.floats([4], positive)];
  const reduction = draw.pick(["mean", "sum", "none"]);
  const attributes: Attributes = draw.int(0, 1) === 0 ? { reduction } : { reduction, ignore_index: 2 };
  return { inputs: [draw.floats([3, 4, ...shape.slice(1)]), tensor("int64", shape, classes), ...weight], attributes };
};

export const loss = {
  NegativeLogLikelihoodLoss: lossSample,
  SoftmaxCrossEntropyLoss: lossSample,
} satisfies Record<keyof typeof operators, Sampler>;
