import { constantOf, type Value } from "../graph/graph.ts";
import { numbers } from "../graph/tensor.ts";
import { defineComposite, defineOp, float, int, string } from "./definition.ts";
import { unary } from "./elementwise.ts";
import { op } from "./functions.ts";
import { axisOf, broadcast, foldElementwise, sameAs } from "./inference.ts";

/** 1 where the condition holds, else 0, in the dtype of `like`. */
const indicator = (condition: Value, like: Value): Value => op.cast(condition, like.dtype);

const seluAlpha = 1.6732631921768188;
const seluGamma = 1.0507010221481323;

export const activation = {
  // y is 0 or positive, so its sign is the slope.
  Relu: unary(
    "Relu",
    (x) => Math.max(x, 0),
    ({ y, dy }) => op.mul(dy, op.sign(y)),
  ),
  Sigmoid: unary(
    "Sigmoid",
    (x) => 1 / (1 + Math.exp(-x)),
    ({ y, dy }) => op.mul(dy, op.sub(y, op.square(y))),
  ),
  Tanh: unary("Tanh", Math.tanh, ({ y, dy }) => op.mul(dy, op.sub(1, op.square(y)))),
  Silu: defineComposite("Silu", { inputs: ["X"], outputs: ["Y"], build: ({ inputs: { X } }) => op.silu(X) }),
  Swish: defineComposite("Swish", {
    inputs: ["X"],
    outputs: ["Y"],
    attributes: { alpha: float(1) },
    build: ({ inputs: { X }, attributes: { alpha } }) => op.swish(X, { alpha }),
  }),
  Shrink: defineComposite("Shrink", {
    inputs: ["input"],
    outputs: ["output"],
    attributes: { bias: float(0), lambd: float(0.5) },
    build: ({ inputs: { input }, attributes: { bias, lambd } }) => {
      const above = op.where(op.greater(input, lambd), op.sub(input, bias), 0);
      return op.where(op.less(input, -lambd), op.add(input, bias), above);
    },
  }),
  Softplus: unary(
    "Softplus",
    (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    ({ x, dy }) => op.mul(dy, op.sigmoid(x)),
  ),
  Softsign: unary(
    "Softsign",
    (x) => x / (1 + Math.abs(x)),
    ({ x, dy }) => op.div(dy, op.square(op.add(op.abs(x), 1))),
  ),
  Mish: unary("Mish", null, ({ x, dy }) => {
    const t = op.tanh(op.softplus(x));
    return op.mul(dy, op.add(t, op.mul(op.mul(x, op.sigmoid(x)), op.sub(1, op.square(t)))));
  }),
  HardSwish: unary("HardSwish", null, ({ x, dy }) => {
    const inner = op.add(op.mul(x, 1 / 3), 0.5);
    return op.mul(dy, op.where(op.less(op.abs(x), 3), inner, indicator(op.greater(x, 0), x)));
  }),
  HardSigmoid: defineOp("HardSigmoid", {
    inputs: ["X"],
    outputs: ["Y"],
    attributes: { alpha: float(0.2), beta: float(0.5) },
    infer: ({ inputs: { X } }) => sameAs(X),
    gradient: ({ outputs: { Y }, attributes: { alpha }, dy }) => ({
      X: () => op.where(op.and(op.greater(Y, 0), op.less(Y, 1)), op.mul(dy, alpha), 0),
    }),
  }),
  LeakyRelu: defineOp("LeakyRelu", {
    inputs: ["X"],
    outputs: ["Y"],
    attributes: { alpha: float(0.01) },
    infer: ({ inputs: { X } }) => sameAs(X),
    gradient: ({ inputs: { X }, attributes: { alpha }, dy }) => ({
      X: () => op.where(op.greater(X, 0), dy, op.mul(dy, alpha)),
    }),
  }),
  ThresholdedRelu: defineOp("ThresholdedRelu", {
    inputs: ["X"],
    outputs: ["Y"],
    attributes: { alpha: float(1) },
    infer: ({ inputs: { X } }) => sameAs(X),
    gradient: ({ inputs: { X }, attributes: { alpha }, dy }) => ({ X: () => op.where(op.greater(X, alpha), dy, 0) }),
  }),
  Elu: defineOp("Elu", {
    inputs: ["X"],
    outputs: ["Y"],
    attributes: { alpha: float(1) },
    infer: ({ inputs: { X } }) => sameAs(X),
    gradient: ({ inputs: { X }, outputs: { Y }, attributes: { alpha }, dy }) => ({
      X: () => op.where(op.greater(X, 0), dy, op.mul(dy, op.add(Y, alpha))),
    }),
  }),
  Selu: defineOp("Selu", {
    inputs: ["X"],
    outputs: ["Y"],
    attributes: { alpha: float(seluAlpha), gamma: float(seluGamma) },
    infer: ({ inputs: { X } }) => sameAs(X),
    gradient: ({ inputs: { X }, outputs: { Y }, attributes: { alpha, gamma }, dy }) => ({
      X: () => op.where(op.greater(X, 0), op.mul(dy, gamma), op.mul(dy, op.add(Y, alpha * gamma))),
    }),
  }),
  Celu: defineOp("Celu", {
    inputs: ["X"],
    outputs: ["Y"],
    attributes: { alpha: float(1) },
    infer: ({ inputs: { X } }) => sameAs(X),
    gradient: ({ inputs: { X }, outputs: { Y }, attributes: { alpha }, dy }) => ({
      X: () => op.where(op.greater(X, 0), dy, op.mul(dy, op.add(op.mul(Y, 1 / alpha), 1))),
    }),
  }),
  PRelu: defineOp("PRelu", {
    inputs: ["X", "slope"],
    outputs: ["Y"],
    infer: (call) => {
      const { X, slope } = call.inputs;
      return [{ dtype: X.dtype, shape: broadcast(call, [X.shape, slope.shape]) }];
    },
    gradient: ({ inputs: { X, slope }, dy }) => ({
      X: () => op.where(op.greater(X, 0), dy, op.mul(dy, slope)),
      slope: () => op.sumTo(op.mul(dy, op.min(X, 0)), slope.shape),
    }),
  }),
  Gelu: defineOp("Gelu", {
    inputs: ["X"],
    outputs: ["Y"],
    attributes: { approximate: string("none") },
    infer: ({ inputs: { X } }) => sameAs(X),
    gradient: ({ inputs: { X }, attributes: { approximate }, dy }) => ({
      X: () => op.mul(dy, approximate === "tanh" ? geluTanhSlope(X) : geluSlope(X)),
    }),
  }),
  Clip: defineOp("Clip", {
    inputs: ["input", "min?", "max?"],
    outputs: ["output"],
    infer: ({ inputs: { input } }) => sameAs(input),
    fold: ({ inputs: { input, min, max } }) => {
      const bound = (value: Value | null, open: number) => {
        const held = constantOf(value);
        return held ? (numbers(held)[0] as number) : value ? null : open;
      };
      const [low, high] = [bound(min, Number.NEGATIVE_INFINITY), bound(max, Number.POSITIVE_INFINITY)];
      if (low === null || high === null) return null;
      return foldElementwise([input], input, (x) => Math.min(Math.max(x, low), high));
    },
    gradient: ({ inputs: { input, min, max }, dy }) => ({
      input: () => {
        const above = min && op.greaterOrEqual(input, min);
        const below = max && op.lessOrEqual(input, max);
        const inside = above && below ? op.and(above, below) : (above ?? below);
        return inside ? op.where(inside, dy, 0) : dy;
      },
      min: () => op.sumTo(op.where(op.less(input, min as Value), dy, 0), (min as Value).shape),
      max: () => op.sumTo(op.where(op.greater(input, max as Value), dy, 0), (max as Value).shape),
    }),
  }),

  Softmax: defineOp("Softmax", {
    inputs: ["input"],
    outputs: ["output"],
    attributes: { axis: int(-1) },
    infer: (call) => {
      axisOf(call, call.attributes.axis, call.inputs.input.shape.length);
      return sameAs(call.inputs.input);
    },
    gradient: ({ outputs: { output }, attributes: { axis }, dy }) => ({
      input: () => op.mul(output, op.sub(dy, op.reduceSum(op.mul(dy, output), { axes: [axis], keepdims: true }))),
    }),
  }),
  Hardmax: defineOp("Hardmax", {
    inputs: ["input"],
    outputs: ["output"],
    attributes: { axis: int(-1) },
    infer: (call) => {
      axisOf(call, call.attributes.axis, call.inputs.input.shape.length);
      return sameAs(call.inputs.input);
    },
    gradient: "flat",
  }),
  LogSoftmax: defineOp("LogSoftmax", {
    inputs: ["input"],
    outputs: ["output"],
    attributes: { axis: int(-1) },
    infer: (call) => {
      axisOf(call, call.attributes.axis, call.inputs.input.shape.length);
      return sameAs(call.inputs.input);
    },
    gradient: ({ outputs: { output }, attributes: { axis }, dy }) => ({
      input: () => op.sub(dy, op.mul(op.exp(output), op.reduceSum(dy, { axes: [axis], keepdims: true }))),
    }),
  }),
};

/** Φ(x) + x φ(x), arranged for few passes over memory: with u = x/√2 it is ½ (1 + erf u) + u e^(−u²)/√π. */
function geluSlope(x: Value): Value {
  const u = op.mul(x, Math.SQRT1_2);
  const density = op.mul(u, op.exp(op.sub(Math.log(2 / Math.sqrt(Math.PI)), op.square(u))));
  return op.mul(op.add(op.add(op.erf(u), 1), density), 0.5);
}

/** Slope of ½ x (1 + t), t = tanh(c (x + 0.044715 x³)), c = √(2/π). */
function geluTanhSlope(x: Value): Value {
  const c = Math.sqrt(2 / Math.PI);
  const squared = op.square(x);
  const t = op.tanh(op.mul(x, op.add(op.mul(squared, 0.044715 * c), c)));
  const inner = op.mul(x, op.add(op.mul(squared, 3 * 0.044715 * c), c));
  const curve = op.mul(inner, op.sub(1, op.square(t)));
  return op.mul(op.add(op.add(t, 1), curve), 0.5);
}
