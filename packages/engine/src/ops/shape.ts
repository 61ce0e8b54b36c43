import { constantOf, type Value } from "../graph/graph.ts";
import { numbers, type Shape, sizeOf } from "../graph/tensor.ts";
import { defineOp, int, ints, string } from "./definition.ts";
import { foldMoved } from "./folding.ts";
import { op } from "./functions.ts";
import { type AnyCall, axisOf, broadcast, constantNumbers, demand } from "./inference.ts";

/** Same data, another shape: the gradient is the cotangent in the old shape. */
const reshaped = ({ inputs, dy }: { inputs: Readonly<Record<string, Value | null>>; dy: Value }) =>
  op.reshape(dy, (Object.values(inputs)[0] as Value).shape);

/** The same data under the inferred shape. */
function foldReshape(data: Value, shape: Shape) {
  const held = constantOf(data);
  return held && [{ ...held, shape }];
}

function reshapeTarget(
  call: AnyCall,
  data: Value,
  { target, allowzero }: { target: number[]; allowzero: boolean },
): number[] {
  const shape = target.map((dim, i) => (dim === 0 && !allowzero ? (data.shape[i] ?? 0) : dim));
  const open = shape.indexOf(-1);
  if (open >= 0) {
    const rest = sizeOf(shape.filter((_, i) => i !== open));
    shape[open] = rest === 0 ? 0 : sizeOf(data.shape) / rest;
  }
  demand(
    shape.every((dim) => Number.isInteger(dim) && dim >= 0) && sizeOf(shape) === sizeOf(data.shape),
    call,
    `elements that fill [${target}]`,
  );
  return shape;
}

function flattenedShape(call: AnyCall, input: Value, given: number): number[] {
  const rank = input.shape.length;
  const axis = given === rank ? rank : axisOf(call, given, rank);
  return [sizeOf(input.shape.slice(0, axis)), sizeOf(input.shape.slice(axis))];
}

/** The permutation that a Transpose applies; without one the axes are reversed. */
const permutation = (perm: Shape | undefined, { length: rank }: Shape): Shape =>
  perm ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);

function squeezedShape(call: AnyCall, data: Value, axes: Value | null): number[] {
  const chosen = axes
    ? constantNumbers(call, axes, "axes").map((axis) => axisOf(call, axis, data.shape.length))
    : [...data.shape.keys()].filter((i) => data.shape[i] === 1);
  demand(
    chosen.every((axis) => data.shape[axis] === 1),
    call,
    `size 1 along axes ${chosen}`,
  );
  return data.shape.filter((_, i) => !chosen.includes(i));
}

function unsqueezedShape(call: AnyCall, data: Value, axes: Value): number[] {
  const given = constantNumbers(call, axes, "axes");
  const rank = data.shape.length + given.length;
  const chosen = new Set(given.map((axis) => axisOf(call, axis, rank)));
  demand(chosen.size === given.length, call, "different axes");
  const dims = data.shape.values();
  return Array.from({ length: rank }, (_, i) => (chosen.has(i) ? 1 : (dims.next().value as number)));
}

export const shape = {
  Reshape: defineOp("Reshape", {
    inputs: ["data", "shape"],
    outputs: ["reshaped"],
    attributes: { allowzero: int(0) },
    infer: (call) => {
      const { data, shape } = call.inputs;
      const options = { target: constantNumbers(call, shape, "shape"), allowzero: call.attributes.allowzero === 1 };
      return [{ dtype: data.dtype, shape: reshapeTarget(call, data, options) }];
    },
    fold: (call) => {
      const { data, shape } = call.inputs;
      if (!constantOf(data)) return null;
      const options = { target: constantNumbers(call, shape, "shape"), allowzero: call.attributes.allowzero === 1 };
      return foldReshape(data, reshapeTarget(call, data, options));
    },
    gradient: (call) => ({ data: () => reshaped(call), shape: null }),
  }),
  Flatten: defineOp("Flatten", {
    inputs: ["input"],
    outputs: ["output"],
    attributes: { axis: int(1) },
    infer: (call) => {
      const { input } = call.inputs;
      return [{ dtype: input.dtype, shape: flattenedShape(call, input, call.attributes.axis) }];
    },
    fold: (call) => foldReshape(call.inputs.input, flattenedShape(call, call.inputs.input, call.attributes.axis)),
    gradient: (call) => ({ input: () => reshaped(call) }),
  }),
  Squeeze: defineOp("Squeeze", {
    inputs: ["data", "axes?"],
    outputs: ["squeezed"],
    infer: (call) => [
      { dtype: call.inputs.data.dtype, shape: squeezedShape(call, call.inputs.data, call.inputs.axes) },
    ],
    fold: (call) => foldReshape(call.inputs.data, squeezedShape(call, call.inputs.data, call.inputs.axes)),
    gradient: (call) => ({ data: () => reshaped(call), axes: null }),
  }),
  Unsqueeze: defineOp("Unsqueeze", {
    inputs: ["data", "axes"],
    outputs: ["expanded"],
    infer: (call) => [
      { dtype: call.inputs.data.dtype, shape: unsqueezedShape(call, call.inputs.data, call.inputs.axes) },
    ],
    fold: (call) => foldReshape(call.inputs.data, unsqueezedShape(call, call.inputs.data, call.inputs.axes)),
    gradient: (call) => ({ data: () => reshaped(call), axes: null }),
  }),
  Transpose: defineOp("Transpose", {
    inputs: ["data"],
    outputs: ["transposed"],
    attributes: { perm: ints() },
    infer: (call) => {
      const { data } = call.inputs;
      const perm = permutation(call.attributes.perm, data.shape);
      demand(
        [...perm].sort((a, b) => a - b).every((axis, i) => axis === i) && perm.length === data.shape.length,
        call,
        `a permutation of the axes, not [${perm}]`,
      );
      return [{ dtype: data.dtype, shape: perm.map((axis) => data.shape[axis] as number) }];
    },
    fold: ({ inputs: { data }, attributes }) => {
      const perm = permutation(attributes.perm, data.shape);
      const shape = perm.map((axis) => data.shape[axis] as number);
      return foldMoved(data, shape, (index) => perm.map((_, axis) => index[perm.indexOf(axis)] as number));
    },
    gradient: ({ attributes: { perm }, dy }) => ({
      data: () =>
        op.transpose(
          dy,
          perm?.map((_, i) => perm.indexOf(i)),
        ),
    }),
  }),
  Expand: defineOp("Expand", {
    inputs: ["input", "shape"],
    outputs: ["output"],
    infer: (call) => {
      const { input, shape } = call.inputs;
      return [{ dtype: input.dtype, shape: broadcast(call, [input.shape, constantNumbers(call, shape, "shape")]) }];
    },
    fold: (call) => {
      const { input, shape } = call.inputs;
      if (!constantOf(input) || !constantOf(shape)) return null;
      const full = broadcast(call, [input.shape, constantNumbers(call, shape, "shape")]);
      const lead = full.length - input.shape.length;
      return foldMoved(input, full, (index) =>
        input.shape.map((dim, i) => (dim === 1 ? 0 : (index[lead + i] as number))),
      );
    },
    gradient: ({ inputs: { input }, dy }) => ({ input: () => op.sumTo(dy, input.shape), shape: null }),
  }),
  Tile: defineOp("Tile", {
    inputs: ["input", "repeats"],
    outputs: ["output"],
    infer: (call) => {
      const { input } = call.inputs;
      const repeats = constantNumbers(call, call.inputs.repeats, "repeats");
      demand(repeats.length === input.shape.length, call, `${input.shape.length} repeats`);
      return [{ dtype: input.dtype, shape: input.shape.map((dim, i) => dim * (repeats[i] as number)) }];
    },
    fold: (call) => {
      const { input } = call.inputs;
      if (!constantOf(input)) return null;
      const repeats = constantNumbers(call, call.inputs.repeats, "repeats");
      const shape = input.shape.map((dim, i) => dim * (repeats[i] as number));
      return foldMoved(input, shape, (index) => index.map((i, axis) => i % (input.shape[axis] as number)));
    },
    gradient: ({ inputs: { input, repeats }, dy }) => ({
      input: () => {
        const times = numbers(repeats.tensor as NonNullable<Value["tensor"]>);
        const apart = op.reshape(
          dy,
          input.shape.flatMap((dim, i) => [times[i] as number, dim]),
        );
        return op.reduceSum(apart, { axes: input.shape.map((_, i) => 2 * i) });
      },
      repeats: null,
    }),
  }),
  DepthToSpace: defineOp("DepthToSpace", {
    inputs: ["input"],
    outputs: ["output"],
    attributes: { blocksize: int(1), mode: string("DCR") },
    infer: (call) => {
      const { input } = call.inputs;
      const size = call.attributes.blocksize;
      const [n, c, h, w] = input.shape as [number, number, number, number];
      demand(input.shape.length === 4 && c % (size * size) === 0, call, `channels that ${size}² divides`);
      return [{ dtype: input.dtype, shape: [n, c / (size * size), h * size, w * size] }];
    },
    gradient: ({ inputs: { input }, attributes: { blocksize: b, mode }, dy }) => ({
      input: () => {
        const [n, c, h, w] = input.shape as [number, number, number, number];
        const apart = op.reshape(dy, [n, c / (b * b), h, b, w, b]);
        return op.reshape(op.transpose(apart, mode === "CRD" ? [0, 1, 3, 5, 2, 4] : [0, 3, 5, 1, 2, 4]), input.shape);
      },
    }),
  }),
  SpaceToDepth: defineOp("SpaceToDepth", {
    inputs: ["input"],
    outputs: ["output"],
    attributes: { blocksize: int(1) },
    infer: (call) => {
      const { input } = call.inputs;
      const size = call.attributes.blocksize;
      const [n, c, h, w] = input.shape as [number, number, number, number];
      demand(
        input.shape.length === 4 && h % size === 0 && w % size === 0,
        call,
        `height and width that ${size} divides`,
      );
      return [{ dtype: input.dtype, shape: [n, c * size * size, h / size, w / size] }];
    },
    gradient: ({ attributes: { blocksize }, dy }) => ({ input: () => op.depthToSpace(dy, { blocksize }) }),
  }),
};
