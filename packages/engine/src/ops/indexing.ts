import { constantOf, type Value } from "../graph/graph.ts";
import { numbers, type Shape, sameShape, sizeOf, tensor } from "../graph/tensor.ts";
import { defineOp, int, string } from "./definition.ts";
import { missingGradient } from "./errors.ts";
import { foldMoved } from "./folding.ts";
import { op } from "./functions.ts";
import { type AnyCall, axisOf, constantNumbers, demand, demandSameDtype, sameAs } from "./inference.ts";

const scatterAttributes = { reduction: string("none") };

export const indexing = {
  Gather: defineOp("Gather", {
    inputs: ["data", "indices"],
    outputs: ["output"],
    attributes: { axis: int(0) },
    infer: (call) => {
      const { data, indices } = call.inputs;
      const axis = axisOf(call, call.attributes.axis, data.shape.length);
      return [
        { dtype: data.dtype, shape: [...data.shape.slice(0, axis), ...indices.shape, ...data.shape.slice(axis + 1)] },
      ];
    },
    fold: ({ inputs: { data, indices }, attributes }) => {
      const held = constantOf(indices);
      if (!held || !constantOf(data)) return null;
      const axis = attributes.axis < 0 ? attributes.axis + data.shape.length : attributes.axis;
      const at = numbers(held);
      const count = indices.shape.length;
      const shape = data.shape.toSpliced(axis, 1, ...indices.shape);
      return foldMoved(data, shape, (index) =>
        index.toSpliced(axis, count, at[offset(index.slice(axis, axis + count), indices.shape)] as number),
      );
    },
    gradient: ({ inputs: { data, indices }, attributes, dy }) => ({
      data: () =>
        ungather(data, {
          indices,
          axis: attributes.axis < 0 ? attributes.axis + data.shape.length : attributes.axis,
          dy,
        }),
      indices: null,
    }),
  }),
  GatherElements: defineOp("GatherElements", {
    inputs: ["data", "indices"],
    outputs: ["output"],
    attributes: { axis: int(0) },
    infer: (call) => {
      const { data, indices } = call.inputs;
      axisOf(call, call.attributes.axis, data.shape.length);
      demand(indices.shape.length === data.shape.length, call, "indices of the data's rank");
      return [{ dtype: data.dtype, shape: indices.shape }];
    },
    fold: ({ inputs: { data, indices }, attributes }) => {
      const held = constantOf(indices);
      if (!held || !constantOf(data)) return null;
      const axis = attributes.axis < 0 ? attributes.axis + data.shape.length : attributes.axis;
      const at = numbers(held);
      return foldMoved(data, indices.shape, (index) => index.with(axis, at[offset(index, indices.shape)] as number));
    },
    gradient: ({ graph, inputs: { data, indices }, attributes: { axis }, dy }) => ({
      data: () => op.scatterElements(graph.zeros(data), indices, dy, { axis, reduction: "add" }),
      indices: null,
    }),
  }),
  GatherND: defineOp("GatherND", {
    inputs: ["data", "indices"],
    outputs: ["output"],
    attributes: { batch_dims: int(0) },
    infer: (call) => {
      const { data, indices } = call.inputs;
      const batch = call.attributes.batch_dims;
      const depth = indices.shape.at(-1) ?? 0;
      demand(
        sameShape(data.shape.slice(0, batch), indices.shape.slice(0, batch)) && batch + depth <= data.shape.length,
        call,
        "indices within the data's rank",
      );
      return [{ dtype: data.dtype, shape: [...indices.shape.slice(0, -1), ...data.shape.slice(batch + depth)] }];
    },
    fold: ({ inputs: { data, indices }, attributes: { batch_dims: batch } }) => {
      const held = constantOf(indices);
      if (!held || !constantOf(data)) return null;
      const at = numbers(held);
      const lead = indices.shape.slice(0, -1);
      const depth = indices.shape.at(-1) ?? 0;
      return foldMoved(data, [...lead, ...data.shape.slice(batch + depth)], (index) => {
        const row = offset(index.slice(0, lead.length), lead) * depth;
        return [...index.slice(0, batch), ...at.slice(row, row + depth), ...index.slice(lead.length)];
      });
    },
    gradient: ({ graph, inputs: { data, indices }, attributes: { batch_dims }, dy }) => ({
      data: () => op.scatterND(graph.zeros(data), withBatchIndices(indices, batch_dims), dy, { reduction: "add" }),
      indices: null,
    }),
  }),
  ScatterND: defineOp("ScatterND", {
    inputs: ["data", "indices", "updates"],
    outputs: ["output"],
    attributes: scatterAttributes,
    infer: (call) => {
      const { data, indices, updates } = call.inputs;
      demandSameDtype(call, [data, updates]);
      const depth = indices.shape.at(-1) ?? 0;
      const expected = [...indices.shape.slice(0, -1), ...data.shape.slice(depth)];
      demand(depth <= data.shape.length && sameShape(updates.shape, expected), call, `updates of shape [${expected}]`);
      return sameAs(data);
    },
    gradient: ({ graph, node, inputs: { indices, updates }, attributes: { reduction }, dy }) => {
      if (reduction !== "none" && reduction !== "add") throw missingGradient(node, `reduction "${reduction}"`);
      return {
        data: () => (reduction === "add" ? dy : op.scatterND(dy, indices, graph.zeros(updates))),
        indices: null,
        updates: () => op.gatherND(dy, indices),
      };
    },
  }),
  ScatterElements: defineOp("ScatterElements", {
    inputs: ["data", "indices", "updates"],
    outputs: ["output"],
    attributes: { axis: int(0), ...scatterAttributes },
    infer: (call) => {
      const { data, indices, updates } = call.inputs;
      axisOf(call, call.attributes.axis, data.shape.length);
      demandSameDtype(call, [data, updates]);
      demand(
        sameShape(indices.shape, updates.shape) && indices.shape.length === data.shape.length,
        call,
        "indices and updates of one shape and the data's rank",
      );
      return sameAs(data);
    },
    gradient: ({ graph, node, inputs: { indices, updates }, attributes: { axis, reduction }, dy }) => {
      if (reduction !== "none" && reduction !== "add") throw missingGradient(node, `reduction "${reduction}"`);
      return {
        data: () => (reduction === "add" ? dy : op.scatterElements(dy, indices, graph.zeros(updates), { axis })),
        indices: null,
        updates: () => op.gatherElements(dy, indices, { axis }),
      };
    },
  }),
  TopK: defineOp("TopK", {
    inputs: ["X", "K"],
    outputs: ["Values", "Indices"],
    attributes: { axis: int(-1), largest: int(1), sorted: int(1) },
    infer: (call) => {
      const { X, K } = call.inputs;
      const axis = axisOf(call, call.attributes.axis, X.shape.length);
      const k = constantNumbers(call, K, "K")[0] as number;
      demand(k >= 0 && k <= (X.shape[axis] as number), call, `K of at most ${X.shape[axis]}`);
      const shape = X.shape.map((dim, i) => (i === axis ? k : dim));
      return [
        { dtype: X.dtype, shape },
        { dtype: "int64", shape },
      ];
    },
    gradient: ({ graph, inputs: { X }, outputs: { Indices }, attributes: { axis }, dy }) => ({
      X: () => op.scatterElements(graph.zeros(X), Indices, dy, { axis, reduction: "add" }),
      K: null,
    }),
  }),
  OneHot: defineOp("OneHot", {
    inputs: ["indices", "depth", "values"],
    outputs: ["output"],
    attributes: { axis: int(-1) },
    infer: (call) => {
      const { indices, depth, values } = call.inputs;
      const axis = axisOf(call, call.attributes.axis, indices.shape.length + 1);
      const size = constantNumbers(call, depth, "depth")[0] as number;
      return [{ dtype: values.dtype, shape: indices.shape.toSpliced(axis, 0, size) }];
    },
    gradient: "discrete",
  }),
  NonZero: defineOp("NonZero", {
    inputs: ["X"],
    outputs: ["Y"],
    infer: (call) => {
      const positions = nonZero(call, call.inputs.X);
      return [{ dtype: "int64", shape: [call.inputs.X.shape.length, positions.length] }];
    },
    fold: (call) => {
      const { X } = call.inputs;
      if (!constantOf(X)) return null;
      const positions = nonZero(call, X);
      const strides = X.shape.map((_, i) => sizeOf(X.shape.slice(i + 1)));
      const rows = X.shape.flatMap((dim, i) => positions.map((at) => Math.floor(at / (strides[i] as number)) % dim));
      return [tensor("int64", [X.shape.length, positions.length], rows)];
    },
    gradient: "discrete",
  }),
};

/** Row-major offset of an index. */
function offset(index: readonly number[], shape: Shape): number {
  return index.reduce((sum, at, axis) => sum * (shape[axis] as number) + at, 0);
}

function nonZero(call: AnyCall, x: Value): number[] {
  return constantNumbers(call, x, "input").flatMap((value, i) => (value === 0 ? [] : [i]));
}

/**
 * Adjoint of Gather: the cotangent's slices are added where they were read, repeated indices accumulate. ScatterND over
 * whole slices is many times faster than element-wise scattering, so the gathered axis is moved to the front for it.
 */
function ungather(data: Value, { indices, axis, dy }: { indices: Value; axis: number; dy: Value }): Value {
  const { graph } = dy;
  const one = constantOf(indices);
  if (one && sizeOf(one.shape) === 1) return placeSlice(data.shape, { index: numbers(one)[0] as number, axis, dy });
  const rank = data.shape.length;
  const count = indices.shape.length;
  const at = op.unsqueeze(indices, [count]);
  if (axis === 0) return op.scatterND(graph.zeros(data), at, dy, { reduction: "add" });
  const others = [...data.shape.keys()].filter((i) => i !== axis);
  const picked = indices.shape.map((_, i) => axis + i);
  const rest = [...dy.shape.keys()].filter((i) => i < axis || i >= axis + count);
  const moved = op.transpose(dy, [...picked, ...rest]);
  const zeros = graph.zeros({ dtype: data.dtype, shape: [axis, ...others].map((i) => data.shape[i] as number) });
  const perm = Array.from({ length: rank }, (_, i) => (i === axis ? 0 : i < axis ? i + 1 : i));
  return op.transpose(op.scatterND(zeros, at, moved, { reduction: "add" }), perm);
}

/** Zeros but for one slice along an axis. */
function placeSlice(shape: Shape, { index, axis, dy }: { index: number; axis: number; dy: Value }): Value {
  const dim = shape[axis] as number;
  const at = index < 0 ? index + dim : index;
  const pads = [...shape.map((_, i) => (i === axis ? at : 0)), ...shape.map((_, i) => (i === axis ? dim - 1 - at : 0))];
  return op.pad(
    op.reshape(
      dy,
      shape.map((size, i) => (i === axis ? 1 : size)),
    ),
    { pads },
  );
}

/** Indices that spell out the batch axes, for operators without batch_dims. */
function withBatchIndices(indices: Value, batchDims: number): Value {
  if (batchDims === 0) return indices;
  const lead = indices.shape.slice(0, -1);
  const batch = Array.from({ length: batchDims }, (_, axis) => {
    const stride = sizeOf(lead.slice(axis + 1));
    const dim = lead[axis] as number;
    const at = Array.from({ length: sizeOf(lead) }, (_, i) => Math.floor(i / stride) % dim);
    return indices.graph.constant(tensor(indices.dtype, [...lead, 1], at));
  });
  return op.concat([...batch, indices], lead.length);
}
