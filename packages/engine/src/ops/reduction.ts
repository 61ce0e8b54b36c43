import type { Value } from "../graph/graph.ts";
import { numbers, type Shape, sizeOf, type TensorType, tensor } from "../graph/tensor.ts";
import { defineOp, int } from "./definition.ts";
import { op } from "./functions.ts";
import {
  type AnyCall,
  allConstant,
  axisOf,
  broadcastStrides,
  constantNumbers,
  demand,
  eachIndex,
  sameAs,
} from "./inference.ts";

interface Reduction {
  x: Value;
  /** Result and its cotangent with the reduced axes kept as 1, so that they broadcast against x. */
  y: () => Value;
  dy: Value;
  axes: number[];
  /** Number of elements that were reduced to one. */
  count: number;
}

interface Call extends AnyCall {
  inputs: { data: Value; axes: Value | null };
  attributes: { keepdims: number; noop_with_empty_axes: number };
}

function reducedAxes(call: Call): number[] {
  const { data, axes } = call.inputs;
  const rank = data.shape.length;
  const given = axes ? constantNumbers(call, axes, "axes") : [];
  if (given.length > 0) return given.map((axis) => axisOf(call, axis, rank)).sort((a, b) => a - b);
  return call.attributes.noop_with_empty_axes ? [] : [...data.shape.keys()];
}

function keptShape(shape: Shape, axes: readonly number[]): number[] {
  return shape.map((dim, i) => (axes.includes(i) ? 1 : dim));
}

function reducedType(call: Call): TensorType {
  const { data } = call.inputs;
  const axes = reducedAxes(call);
  const shape = call.attributes.keepdims ? keptShape(data.shape, axes) : data.shape.filter((_, i) => !axes.includes(i));
  return { dtype: data.dtype, shape };
}

function reduce(
  name: string,
  gradient: (at: Reduction) => Value,
  combine: ((values: number[]) => number) | null = null,
) {
  return defineOp(name, {
    inputs: ["data", "axes?"],
    outputs: ["reduced"],
    attributes: { keepdims: int(1), noop_with_empty_axes: int(0) },
    infer: (call) => [reducedType(call)],
    fold: (call) => {
      const held = allConstant([call.inputs.data, call.inputs.axes]);
      if (!held?.[0] || !combine) return null;
      const [data] = held;
      const kept = keptShape(data.shape, reducedAxes(call));
      const strides = broadcastStrides(kept, kept.length);
      const groups: number[][] = Array.from({ length: sizeOf(kept) }, () => []);
      const all = numbers(data);
      eachIndex(data.shape).forEach((index, i) => {
        groups[index.reduce((at, j, axis) => at + j * (strides[axis] as number), 0)]?.push(all[i] as number);
      });
      const type = reducedType(call);
      return [tensor(type.dtype, type.shape, groups.map(combine))];
    },
    gradient: ({ graph, node, inputs, outputs, attributes, dy }) => ({
      data: () => {
        const x = inputs.data;
        const axes = reducedAxes({ graph, op: name, nodeName: node.name, numOutputs: 1, inputs, attributes });
        const kept = keptShape(x.shape, axes);
        const count = sizeOf(axes.map((axis) => x.shape[axis] as number));
        const result = gradient({
          x,
          y: () => op.reshape(outputs.reduced, kept),
          dy: op.reshape(dy, kept),
          axes,
          count,
        });
        return op.expand(result, x.shape);
      },
      axes: null,
    }),
  });
}

/** Maximum or minimum: elements that tie share the gradient equally. */
function extremeGradient({ x, y, dy, axes }: Reduction): Value {
  const wins = op.cast(op.equal(x, y()), x.dtype);
  return op.mul(wins, op.div(dy, op.reduceSum(wins, { axes, keepdims: true })));
}

/** Index of an extreme along an axis. */
function argExtreme(name: string, better: (a: number, b: number) => boolean) {
  return defineOp(name, {
    inputs: ["data"],
    outputs: ["reduced"],
    attributes: { axis: int(0), keepdims: int(1), select_last_index: int(0) },
    infer: (call) => {
      const { data } = call.inputs;
      const axis = axisOf(call, call.attributes.axis, data.shape.length);
      const shape = data.shape.flatMap((dim, i) => (i !== axis ? [dim] : call.attributes.keepdims ? [1] : []));
      return [{ dtype: "int64", shape }];
    },
    fold: ({ inputs: { data }, attributes: { keepdims, select_last_index } }) => {
      const held = allConstant([data]);
      if (!held?.[0] || data.shape.length !== 1) return null;
      const winner = numbers(held[0]).reduce(
        (best, value, i, all) =>
          better(value, all[best] as number) || (select_last_index && value === all[best]) ? i : best,
        0,
      );
      return [tensor("int64", keepdims ? [1] : [], [winner])];
    },
    gradient: "discrete",
  });
}

const total = (values: number[]) => values.reduce((a, b) => a + b, 0);

export const reduction = {
  ReduceSum: reduce("ReduceSum", ({ dy }) => dy, total),
  ReduceMean: reduce(
    "ReduceMean",
    ({ dy, count }) => op.mul(dy, 1 / count),
    (values) => total(values) / values.length,
  ),
  ReduceMax: reduce("ReduceMax", extremeGradient, (values) => Math.max(...values)),
  ReduceMin: reduce("ReduceMin", extremeGradient, (values) => Math.min(...values)),
  ReduceProd: reduce("ReduceProd", productGradient, (values) => values.reduce((a, b) => a * b, 1)),
  ReduceL1: reduce("ReduceL1", ({ x, dy }) => op.mul(op.sign(x), dy)),
  // The zero vector has subgradient 0: 0 · (dy / max(y, tiny)).
  ReduceL2: reduce("ReduceL2", ({ x, y, dy }) => op.mul(x, op.div(dy, op.max(y(), 1e-30)))),
  ReduceLogSum: reduce("ReduceLogSum", ({ y, dy }) => op.div(dy, op.exp(y()))),
  ReduceLogSumExp: reduce("ReduceLogSumExp", ({ x, y, dy }) => op.mul(op.exp(op.sub(x, y())), dy)),
  ReduceSumSquare: reduce("ReduceSumSquare", ({ x, dy }) => op.mul(x, op.mul(dy, 2))),
  ArgMax: argExtreme("ArgMax", (a, b) => a > b),
  ArgMin: argExtreme("ArgMin", (a, b) => a < b),

  CumSum: defineOp("CumSum", {
    inputs: ["x", "axis"],
    outputs: ["y"],
    attributes: { exclusive: int(0), reverse: int(0) },
    infer: (call) => {
      const { x, axis } = call.inputs;
      for (const at of constantNumbers(call, axis, "axis")) axisOf(call, at, x.shape.length);
      demand(sizeOf(axis.shape) === 1, call, "one axis");
      return sameAs(x);
    },
    fold: ({ inputs: { x, axis }, attributes: { exclusive, reverse } }) => {
      const held = allConstant([x, axis]);
      if (!held?.[0] || x.shape.length !== 1) return null;
      const values = numbers(held[0]);
      if (reverse) values.reverse();
      let sum = 0;
      const sums = values.map((value) => {
        sum += value;
        return exclusive ? sum - value : sum;
      });
      return [tensor(x.dtype, x.shape, reverse ? sums.reverse() : sums)];
    },
    gradient: ({ inputs: { axis }, attributes: { exclusive, reverse }, dy }) => ({
      x: () =>
        op.cumSum(dy, {
          axis: Number(axis.tensor?.data[0]),
          exclusive: exclusive === 1,
          reverse: reverse === 0,
        }),
      axis: null,
    }),
  }),
};

/** dx_i = dy · Π_{j≠i} x_j, without dividing by x_i, which may be 0: row i of a square holds x with element i set to 1. */
function productGradient({ x, dy, axes, count }: Reduction): Value {
  const kept = [...x.shape.keys()].filter((axis) => !axes.includes(axis));
  const perm = [...kept, ...axes];
  const moved = op.transpose(x, perm);
  const rows = sizeOf(kept.map((axis) => x.shape[axis] as number));
  const flat = op.reshape(moved, [rows, 1, count]);
  const eye = x.graph.constant(
    tensor(
      "bool",
      [count, count],
      Array.from({ length: count ** 2 }, (_, i) => Number(i % (count + 1) === 0)),
    ),
  );
  const others = op.reduceProd(op.where(eye, 1, flat), { axes: [2] }); // [rows, count]
  const back = op.transpose(
    op.reshape(others, moved.shape),
    perm.map((_, i) => perm.indexOf(i)),
  );
  return op.mul(back, dy);
}
