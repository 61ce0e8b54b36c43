import { tensor } from "../../graph/tensor.ts";
import type { activation as operators } from "../activation.ts";
import { apart, type Sampler, unary } from "./samplers.ts";

const softmax: Sampler = (draw) => {
  const shape = draw.shape(1, 3);
  return { inputs: [draw.floats(shape)], attributes: { axis: draw.axis(shape.length) } };
};

export const activation = {
  Relu: unary(apart),
  Sigmoid: unary(),
  Tanh: unary(),
  Softplus: unary(),
  Softsign: unary(),
  Mish: unary(),
  Silu: unary(),
  Swish: unary(undefined, (draw) => ({ alpha: draw.pick([1, 1.702]) })),
  Shrink: unary(
    (x) => Math.trunc(x * 2) + 0.25,
    () => ({ bias: 0.3, lambd: 0.5 }),
  ),
  HardSwish: unary((x) => Math.trunc(x * 2) + 0.5),
  HardSigmoid: unary(
    (x) => Math.trunc(x * 2) + 0.25,
    () => ({ alpha: 0.25, beta: 0.5 }),
  ),
  LeakyRelu: unary(apart, (draw) => ({ alpha: draw.pick([0.01, 0.3]) })),
  ThresholdedRelu: unary(apart, () => ({ alpha: 0.2 })),
  Elu: unary(apart, (draw) => ({ alpha: draw.pick([1, 0.7]) })),
  Selu: unary(apart),
  Celu: unary(apart, (draw) => ({ alpha: draw.pick([1, 0.7]) })),
  PRelu: (draw) => {
    const shape = draw.shape(2, 3);
    return { inputs: [draw.floats(shape, apart), draw.floats([shape.at(-1) as number])] };
  },
  Gelu: unary(undefined, (draw) => ({ approximate: draw.pick(["none", "tanh"]) })),
  Clip: (draw) => {
    const bound = (value: number) => tensor("float32", [], [value]);
    const x = draw.floats(draw.shape(1, 3), (value) => Math.trunc(value * 3) + 0.5);
    return { inputs: draw.pick([[x, bound(-1)], [x, null, bound(1)], [x, bound(-1), bound(2)], [x]]) };
  },
  Softmax: softmax,
  Hardmax: softmax,
  LogSoftmax: softmax,
} satisfies Record<keyof typeof operators, Sampler>;
