import type { CustomGradientCall, Value } from "../graph/graph.ts";
import { type Shape, sizeOf } from "../graph/tensor.ts";
import { once, withGradient } from "./call.ts";
import { defineComposite, defineOp, float, int, ints } from "./definition.ts";
import { op } from "./functions.ts";
import { axisOf, broadcast, demand, sameAs } from "./inference.ts";
import { alongAxis } from "./linear-map.ts";

export const normalization = {
  LayerNormalization: defineOp("LayerNormalization", {
    inputs: ["X", "Scale", "B?"],
    outputs: ["Y", "Mean?", "InvStdDev?"],
    attributes: { axis: int(-1), epsilon: float(1e-5), stash_type: int(1) },
    infer: (call) => {
      const { X, Scale, B } = call.inputs;
      const axis = axisOf(call, call.attributes.axis, X.shape.length);
      const normalized = X.shape.slice(axis);
      for (const weight of [Scale, B]) {
        if (weight)
          demand(
            sizeOf(broadcast(call, [weight.shape, normalized])) === sizeOf(normalized),
            call,
            `weights that broadcast to [${normalized}]`,
          );
      }
      // The statistics are kept in float32 whatever X is (stash_type 1).
      const stats = { dtype: "float32" as const, shape: X.shape.map((dim, i) => (i < axis ? dim : 1)) };
      return [{ dtype: X.dtype, shape: X.shape }, stats, stats];
    },
    gradient: ({ inputs: { X, Scale, B }, outputs, attributes, dy }) => {
      const axis = attributes.axis < 0 ? attributes.axis + X.shape.length : attributes.axis;
      const dims = X.shape.slice(axis);
      // As a matrix [rows, size]: row sums and column sums are then plain products and reductions.
      const [rows, size] = [sizeOf(X.shape.slice(0, axis)), sizeOf(dims)];
      const full = (weight: Value) => op.cast(op.reshape(op.expand(weight, dims), [size]), "float32");
      const matrix = (x: Value) => op.cast(op.reshape(x, [rows, size]), "float32");
      const at = once(() => {
        const d = matrix(dy);
        const rstd = op.reshape(outputs.InvStdDev, [rows, 1]);
        const centered = op.sub(matrix(X), op.reshape(outputs.Mean, [rows, 1]));
        return { d, rstd, centered, product: op.mul(d, centered) };
      });
      return {
        // dx = rstd (g − mean(g) − x̂ mean(g x̂)) with g = dy · scale; the row means come from matrix-vector products.
        X: () => {
          const { d, rstd, centered, product } = at();
          const gain = op.reshape(full(Scale), [size, 1]);
          const along = op.mul(op.mul(op.matMul(product, gain), op.mul(op.mul(rstd, rstd), rstd)), -1 / size);
          const shift = op.mul(op.mul(op.matMul(d, gain), rstd), -1 / size);
          const direct = op.mul(op.mul(d, full(Scale)), rstd);
          const dx = op.add(op.add(direct, op.mul(centered, along)), shift);
          return op.cast(op.reshape(dx, X.shape), X.dtype);
        },
        Scale: () => {
          const { rstd, product } = at();
          const columns = op.reshape(op.gemm(rstd, product, { transA: true }), dims);
          return op.cast(op.sumTo(columns, Scale.shape), Scale.dtype);
        },
        B: () => {
          const columns = op.reshape(op.reduceSum(at().d, { axes: [0] }), dims);
          return op.cast(op.sumTo(columns, (B as Value).shape), (B as Value).dtype);
        },
      };
    },
  }),

  /** Younger than the opset that is written, hence built from older operators, with a gradient in closed form. */
  RMSNormalization: defineComposite("RMSNormalization", {
    inputs: ["X", "scale"],
    outputs: ["Y"],
    attributes: { axis: int(-1), epsilon: float(1e-5), stash_type: int(1) },
    build: (call) => {
      const { X, scale } = call.inputs;
      const { axis, epsilon } = call.attributes;
      const axes = [...X.shape.keys()].slice(axisOf(call, axis, X.shape.length));
      const normalized = axes.map((i) => X.shape[i] as number);
      demand(
        sizeOf(broadcast(call, [scale.shape, normalized])) === sizeOf(normalized),
        call,
        `a scale that broadcasts to [${normalized}]`,
      );
      const mean = op.reduceMean(op.square(X), { axes, keepdims: true });
      const rrms = op.reciprocal(op.sqrt(op.add(mean, epsilon)));
      return withGradient(op.mul(op.mul(X, rrms), scale), {
        inputs: [X, scale],
        saved: [rrms],
        rule: (at) => rmsGradient(at, axes),
      });
    },
  }),

  GroupNormalization: defineOp("GroupNormalization", {
    inputs: ["X", "scale", "bias"],
    outputs: ["Y"],
    attributes: { num_groups: int(1), epsilon: float(1e-5), stash_type: int(1) },
    infer: (call) => {
      const { X, scale, bias } = call.inputs;
      const channels = X.shape[1] as number;
      demand(
        X.shape.length >= 2 && channels % call.attributes.num_groups === 0,
        call,
        `channels that ${call.attributes.num_groups} groups divide`,
      );
      demand(
        sizeOf(scale.shape) === channels && sizeOf(bias.shape) === channels,
        call,
        `a scale and a bias per channel [${channels}]`,
      );
      return sameAs(X);
    },
    gradient: ({ inputs: { X, scale, bias }, attributes: { num_groups, epsilon }, dy }) => {
      const rules = standardizedGradient({ x: X, scale, groups: num_groups, epsilon, dy });
      return { X: rules.x, scale: rules.scale, bias: () => op.reshape(channelSum(dy), bias.shape) };
    },
  }),

  InstanceNormalization: defineOp("InstanceNormalization", {
    inputs: ["input", "scale", "B"],
    outputs: ["output"],
    attributes: { epsilon: float(1e-5) },
    infer: (call) => {
      const { input, scale, B } = call.inputs;
      const channels = input.shape[1] as number;
      demand(
        input.shape.length >= 3 && sizeOf(scale.shape) === channels && sizeOf(B.shape) === channels,
        call,
        `a scale and a bias per channel [${channels}]`,
      );
      return sameAs(input);
    },
    gradient: ({ inputs: { input, scale, B }, attributes: { epsilon }, dy }) => {
      const rules = standardizedGradient({ x: input, scale, groups: input.shape[1] as number, epsilon, dy });
      return { input: rules.x, scale: rules.scale, B: () => op.reshape(channelSum(dy), B.shape) };
    },
  }),

  BatchNormalization: defineOp("BatchNormalization", {
    inputs: ["X", "scale", "B", "input_mean", "input_var"],
    outputs: ["Y"],
    attributes: { epsilon: float(1e-5), momentum: float(0.9), training_mode: int(0) },
    infer: (call) => {
      const { X, ...weights } = call.inputs;
      demand(
        call.attributes.training_mode === 0,
        call,
        "the inference form (training_mode 0); statistics of a batch are not supported",
      );
      const channels = X.shape[1] ?? 1;
      demand(
        Object.values(weights).every((weight) => sizeOf(weight.shape) === channels),
        call,
        `weights of shape [${channels}]`,
      );
      return sameAs(X);
    },
    gradient: ({ inputs: { X, scale, B, input_mean, input_var }, attributes: { epsilon }, dy }) => {
      const channel = (weight: Value) => op.reshape(weight, channelShape(X.shape));
      const rstd = once(() => op.reciprocal(op.sqrt(op.add(input_var, epsilon))));
      const gain = once(() => op.mul(scale, rstd()));
      const projected = once(() => channelSum(op.mul(dy, op.sub(X, channel(input_mean)))));
      return {
        X: () => op.mul(dy, channel(gain())),
        scale: () => op.mul(projected(), rstd()),
        B: () => op.reshape(channelSum(dy), B.shape),
        input_mean: () => op.neg(op.mul(channelSum(dy), gain())),
        input_var: () => op.mul(op.mul(projected(), op.mul(gain(), op.square(rstd()))), -0.5),
      };
    },
  }),

  MeanVarianceNormalization: defineComposite("MeanVarianceNormalization", {
    inputs: ["X"],
    outputs: ["Y"],
    attributes: { axes: ints([0, 2, 3]) },
    build: ({ inputs: { X }, attributes: { axes } }) => {
      const centered = op.sub(X, op.reduceMean(X, { axes, keepdims: true }));
      const deviation = op.sqrt(op.reduceMean(op.square(centered), { axes, keepdims: true }));
      return op.div(centered, op.add(deviation, 1e-9));
    },
  }),

  /** x / (bias + alpha/size · Σ x² over `size` neighbouring channels)^beta. */
  LRN: defineComposite("LRN", {
    inputs: ["X"],
    outputs: ["Y"],
    attributes: { size: int(1), alpha: float(1e-4), beta: float(0.75), bias: float(1) },
    build: ({ inputs: { X }, attributes: { size, alpha, beta, bias } }) => {
      const channels = X.shape[1] as number;
      const [before, after] = [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)];
      const rows = Array.from({ length: channels }, (_, c) => {
        const [first, last] = [Math.max(0, c - before), Math.min(channels - 1, c + after)];
        return Array.from({ length: last - first + 1 }, (_, i) => [first + i, alpha / size] as const);
      });
      const energy = alongAxis(op.square(X), { axis: 1, rows, size: channels });
      return op.div(X, op.pow(op.add(energy, bias), beta));
    },
  }),

  LpNormalization: defineOp("LpNormalization", {
    inputs: ["input"],
    outputs: ["output"],
    attributes: { axis: int(-1), p: int(2) },
    infer: ({ inputs: { input } }) => sameAs(input),
    gradient: ({ inputs: { input }, outputs: { output }, attributes: { axis, p }, dy }) => ({
      input: () => {
        const options = { axes: [axis], keepdims: true };
        const norm = p === 1 ? op.reduceL1(input, options) : op.reduceL2(input, options);
        const along = op.reduceSum(op.mul(dy, output), options);
        const direction = p === 1 ? op.sign(input) : output;
        return op.div(op.sub(dy, op.mul(direction, along)), norm);
      },
    }),
  }),
};

/**
 * Gradients of y = scale · x · rrms, rrms = 1/√(mean(x²) + ε) over the last axes:
 * dx = g · rrms − x · rrms³ mean(g x) with g = dy · scale; sums over rows and columns are products, as above.
 */
function rmsGradient({ dy, inputs, saved }: CustomGradientCall, axes: Shape) {
  const [x, scale] = inputs as [Value, Value];
  const dims = axes.map((axis) => x.shape[axis] as number);
  const size = sizeOf(dims);
  const rows = sizeOf(x.shape) / size;
  const matrix = (value: Value) => op.reshape(value, [rows, size]);
  const rrms = op.reshape(saved[0] as Value, [rows, 1]);
  const gain = op.reshape(op.expand(scale, dims), [size]);
  const product = once(() => op.mul(matrix(dy), matrix(x)));
  return [
    () => {
      const sums = op.matMul(product(), op.reshape(gain, [size, 1]));
      const along = op.mul(op.mul(sums, op.mul(op.mul(rrms, rrms), rrms)), -1 / size);
      return op.reshape(op.add(op.mul(op.mul(matrix(dy), gain), rrms), op.mul(matrix(x), along)), x.shape);
    },
    () => op.sumTo(op.reshape(op.gemm(rrms, product(), { transA: true }), dims), scale.shape),
  ];
}

/** [1, C, 1, 1, ...]: how a weight per channel broadcasts. */
function channelShape(shape: Shape): number[] {
  return shape.map((dim, i) => (i === 1 ? dim : 1));
}

function channelSum(x: Value): Value {
  return op.reduceSum(x, { axes: [...x.shape.keys()].filter((axis) => axis !== 1) });
}

/** Group (and instance) normalisation: each of the groups of channels of each sample has its own mean and deviation. */
function standardizedGradient(at: { x: Value; scale: Value; groups: number; epsilon: number; dy: Value }) {
  const { x, scale, groups, epsilon, dy } = at;

  const mean = (value: Value) => op.reduceMean(value, { axes: [2], keepdims: true });
  const stats = once(() => {
    const split = op.reshape(x, [x.shape[0] as number, groups, sizeOf(x.shape) / ((x.shape[0] as number) * groups)]);
    const centered = op.sub(split, mean(split));
    const rstd = op.reciprocal(op.sqrt(op.add(mean(op.square(centered)), epsilon)));
    return { rstd, normalized: op.mul(centered, rstd) };
  });
  return {
    x: () => {
      const { rstd, normalized } = stats();
      const g = op.reshape(op.mul(dy, op.reshape(scale, channelShape(x.shape))), normalized.shape);
      const residual = op.sub(op.sub(g, mean(g)), op.mul(normalized, mean(op.mul(g, normalized))));
      return op.reshape(op.mul(residual, rstd), x.shape);
    },
    scale: () => op.reshape(channelSum(op.mul(dy, op.reshape(stats().normalized, x.shape))), scale.shape),
  };
}
