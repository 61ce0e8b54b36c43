import type { Value } from "../graph/graph.ts";
import { type Shape, sizeOf, tensor } from "../graph/tensor.ts";
import { type Window, windowCounts, windowOf } from "./convolution.ts";
import { defineOp, int, ints, string } from "./definition.ts";
import { missingGradient } from "./errors.ts";
import { op } from "./functions.ts";
import { type AnyCall, demand, eachIndex } from "./inference.ts";
import { alongAxis } from "./linear-map.ts";

const poolAttributes = {
  kernel_shape: ints([]),
  strides: ints(),
  dilations: ints(),
  pads: ints(),
  auto_pad: string("NOTSET"),
  ceil_mode: int(0),
};

interface PoolAttributes {
  kernel_shape?: Shape | undefined;
  strides?: Shape | undefined;
  dilations?: Shape | undefined;
  pads?: Shape | undefined;
  auto_pad: string;
  ceil_mode: number;
}

function poolWindow(X: Value, attributes: PoolAttributes): Window {
  return windowOf(X.shape.slice(2), attributes.kernel_shape ?? [], attributes);
}

function poolShape(call: AnyCall, X: Value, attributes: PoolAttributes): number[] {
  const window = poolWindow(X, attributes);
  return [
    ...X.shape.slice(0, 2),
    ...windowCounts(call, X.shape.slice(2), { window, ceil: attributes.ceil_mode === 1 }),
  ];
}

const globalShape = (X: Value) => X.shape.map((dim, i) => (i < 2 ? dim : 1));

export const pooling = {
  MaxPool: defineOp("MaxPool", {
    inputs: ["X"],
    outputs: ["Y", "Indices?"],
    attributes: { ...poolAttributes, storage_order: int(0) },
    infer: (call) => {
      const { X } = call.inputs;
      demand(X.shape.length >= 3, call, "X [N,C,...]");
      const shape = poolShape(call, X, call.attributes);
      return [
        { dtype: X.dtype, shape },
        { dtype: "int64", shape },
      ];
    },
    // Indices count through the whole tensor, batch and channels included.
    gradient: ({ graph, node, inputs: { X }, outputs: { Indices }, attributes: { storage_order }, dy }) => ({
      X: () => {
        if (storage_order !== 0) throw missingGradient(node, "column-major indices");
        const zeros = graph.zeros({ dtype: X.dtype, shape: [sizeOf(X.shape)] });
        const flat = [sizeOf(dy.shape)];
        const spread = op.scatterElements(zeros, op.reshape(Indices, flat), op.reshape(dy, flat), { reduction: "add" });
        return op.reshape(spread, X.shape);
      },
    }),
  }),
  AveragePool: defineOp("AveragePool", {
    inputs: ["X"],
    outputs: ["Y"],
    attributes: { ...poolAttributes, count_include_pad: int(0) },
    infer: (call) => {
      demand(call.inputs.X.shape.length >= 3, call, "X [N,C,...]");
      return [{ dtype: call.inputs.X.dtype, shape: poolShape(call, call.inputs.X, call.attributes) }];
    },
    // A window sum is separable: divide by the window sizes, then add up axis by axis what each input element was part of.
    gradient: ({ graph, inputs: { X }, attributes, dy }) => ({
      X: () => {
        const window = poolWindow(X, attributes);
        const spatial = X.shape.slice(2);
        const axes = spatial.map((dim, i) => windowAxis(window, i, { dim, count: dy.shape[i + 2] as number }));
        const counts = attributes.count_include_pad
          ? axes.map(({ padded }) => padded)
          : axes.map(({ inside }) => inside.map((row) => row.length));
        const shape = counts.map((list) => list.length);
        const weights = eachIndex(shape).map(
          (index) => 1 / index.reduce((size, at, axis) => size * (counts[axis]?.[at] as number), 1),
        );
        const uniform = weights.every((weight) => weight === weights[0]);
        const scale = uniform ? (weights[0] as number) : graph.constant(tensor(X.dtype, shape, weights));
        return axes.reduce(
          (x, { inside }, i) =>
            alongAxis(x, {
              axis: i + 2,
              rows: inside.map((row) => row.map((column) => [column, 1] as const)),
              size: spatial[i] as number,
              transpose: true,
            }),
          op.mul(dy, scale),
        );
      },
    }),
  }),
  GlobalAveragePool: defineOp("GlobalAveragePool", {
    inputs: ["X"],
    outputs: ["Y"],
    infer: ({ inputs: { X } }) => [{ dtype: X.dtype, shape: globalShape(X) }],
    gradient: ({ inputs: { X }, dy }) => ({ X: () => op.expand(op.mul(dy, 1 / sizeOf(X.shape.slice(2))), X.shape) }),
  }),
  GlobalMaxPool: defineOp("GlobalMaxPool", {
    inputs: ["X"],
    outputs: ["Y"],
    infer: ({ inputs: { X } }) => [{ dtype: X.dtype, shape: globalShape(X) }],
    gradient: ({ inputs: { X }, outputs: { Y }, dy }) => ({
      X: () => {
        const wins = op.cast(op.equal(X, Y), X.dtype);
        const ties = op.reduceSum(wins, { axes: [...X.shape.keys()].slice(2), keepdims: true });
        return op.mul(wins, op.div(dy, ties));
      },
    }),
  }),
};

/** Input positions of every window along one axis, inside the input; and the window's size with padding counted. */
function windowAxis(window: Window, axis: number, { dim, count }: { dim: number; count: number }) {
  const [kernel, stride, dilation] = [window.kernel[axis], window.strides[axis], window.dilations[axis]] as [
    number,
    number,
    number,
  ];
  const [before, after] = [window.before[axis], window.after[axis]] as [number, number];
  const taps = Array.from({ length: count }, (_, i) =>
    Array.from({ length: kernel }, (_, k) => i * stride - before + k * dilation),
  );
  return {
    inside: taps.map((positions) => positions.filter((at) => at >= 0 && at < dim)),
    // A partial last window (ceil_mode) never counts what lies beyond the padding.
    padded: taps.map((positions) => positions.filter((at) => at < dim + after).length),
  };
}
