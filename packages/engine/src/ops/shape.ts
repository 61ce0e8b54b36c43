import { constantOf, type Value } from "../graph/graph.ts";
import { type DType, filled, isFloat, numbers, type Shape, sameShape, sizeOf, tensor } from "../graph/tensor.ts";
import { defineOp, float, floats, int, ints, string, strings, tensorAttribute } from "./definition.ts";
import { castCodes, op } from "./functions.ts";
import {
  type AnyCall,
  allConstant,
  axisOf,
  broadcast,
  constantNumbers,
  demand,
  demandSameDtype,
  foldElementwise,
  sameAs,
} from "./inference.ts";

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

/** Start, step and size of a slice along every axis; bounds are clamped as in Python. */
interface Cut {
  start: number;
  step: number;
  size: number;
}

function cuts(
  call: AnyCall,
  data: Value,
  bounds: { starts: Value; ends: Value; axes: Value | null; steps: Value | null },
): Cut[] {
  const starts = constantNumbers(call, bounds.starts, "starts");
  const ends = constantNumbers(call, bounds.ends, "ends");
  const axes = bounds.axes ? constantNumbers(call, bounds.axes, "axes") : starts.map((_, i) => i);
  const steps = bounds.steps ? constantNumbers(call, bounds.steps, "steps") : starts.map(() => 1);
  const lengths = [starts, ends, axes, steps].map((values) => values.length);
  demand(
    lengths.every((length) => length === starts.length) && steps.every((step) => step !== 0),
    call,
    "as many starts, ends, axes and (non-zero) steps",
  );
  const all = data.shape.map((size): Cut => ({ start: 0, step: 1, size }));
  axes.forEach((given, i) => {
    const axis = axisOf(call, given, data.shape.length);
    const dim = data.shape[axis] as number;
    const step = steps[i] as number;
    const [low, high] = step > 0 ? [0, dim] : [-1, dim - 1];
    const bound = (value: number) => Math.min(Math.max(value < 0 ? value + dim : value, low), high);
    const [start, end] = [bound(starts[i] as number), bound(ends[i] as number)];
    all[axis] = { start, step, size: Math.max(0, Math.ceil((end - start) / step)) };
  });
  return all;
}

/** Adjoint of a slice: the cotangent's elements go back to where they came from, zeros elsewhere. */
function unslice(dy: Value, shape: Shape, all: readonly Cut[]): Value {
  const backward = [...all.keys()].filter((axis) => (all[axis] as Cut).step < 0 && (all[axis] as Cut).size > 1);
  const flipped =
    backward.length === 0
      ? dy
      : op.slice(dy, {
          starts: backward.map(() => -1),
          ends: backward.map(() => Number.MIN_SAFE_INTEGER),
          axes: backward,
          steps: backward.map(() => -1),
        });
  // Zeros between the elements: a new axis after each one, padded from 1 to |step|, then merged.
  const spaced = all.reduce((x, { step, size }, axis) => {
    const gap = Math.abs(step);
    if (gap === 1 || size <= 1) return x;
    const [head, tail] = [x.shape.slice(0, axis), x.shape.slice(axis + 1)];
    const apart = op.reshape(x, [...head, size, 1, ...tail]);
    const pads = Array.from({ length: 2 * apart.shape.length }, (_, i) =>
      i === apart.shape.length + axis + 1 ? gap - 1 : 0,
    );
    return op.reshape(op.pad(apart, { pads }), [...head, size * gap, ...tail]);
  }, flipped);
  // The padding may be negative where the last element's gap reaches over the end.
  const before = all.map(({ start, step, size }) => (step > 0 || size <= 1 ? start : start + step * (size - 1)));
  const after = before.map((pad, axis) => (shape[axis] as number) - pad - (spaced.shape[axis] as number));
  return op.pad(spaced, { pads: [...before, ...after] });
}

function splitSizes(
  call: AnyCall,
  input: Value,
  options: { split: Value | null; axis: number; numOutputs: number },
): number[] {
  const dim = input.shape[options.axis] as number;
  if (options.split) {
    const sizes = constantNumbers(call, options.split, "split");
    demand(
      sizes.length === options.numOutputs && sizes.reduce((a, b) => a + b, 0) === dim,
      call,
      `sizes [${sizes}] that add up to ${dim}`,
    );
    return sizes;
  }
  const part = Math.ceil(dim / options.numOutputs);
  return Array.from({ length: options.numOutputs }, (_, i) => Math.max(0, Math.min(part, dim - i * part)));
}

const dtypeOfCode = new Map(Object.entries(castCodes).map(([dtype, code]) => [code, dtype as DType]));

export const shapes = {
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
      const rank = input.shape.length;
      const axis = call.attributes.axis === rank ? rank : axisOf(call, call.attributes.axis, rank);
      return [{ dtype: input.dtype, shape: [sizeOf(input.shape.slice(0, axis)), sizeOf(input.shape.slice(axis))] }];
    },
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
      const perm = call.attributes.perm ?? data.shape.map((_, i) => data.shape.length - 1 - i);
      demand(
        [...perm].sort((a, b) => a - b).every((axis, i) => axis === i) && perm.length === data.shape.length,
        call,
        `a permutation of the axes, not [${perm}]`,
      );
      return [{ dtype: data.dtype, shape: perm.map((axis) => data.shape[axis] as number) }];
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
      return foldElementwise([input], { dtype: input.dtype, shape: full }, (x) => x);
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
  Slice: defineOp("Slice", {
    inputs: ["data", "starts", "ends", "axes?", "steps?"],
    outputs: ["output"],
    infer: (call) => {
      const { data, ...bounds } = call.inputs;
      return [{ dtype: data.dtype, shape: cuts(call, data, bounds).map(({ size }) => size) }];
    },
    fold: (call) => {
      const { data, ...bounds } = call.inputs;
      const held = allConstant(Object.values(call.inputs));
      if (!held?.[0] || data.shape.length !== 1) return null;
      const [{ start, step, size }] = cuts(call, data, bounds) as [Cut];
      const all = numbers(held[0]);
      return [
        tensor(
          data.dtype,
          [size],
          Array.from({ length: size }, (_, i) => all[start + i * step] as number),
        ),
      ];
    },
    gradient: ({ graph, node, inputs: { data, ...bounds }, dy }) => ({
      data: () => {
        const call = { graph, op: node.op, nodeName: node.name, inputs: node.inputs, numOutputs: 1 };
        return unslice(dy, data.shape, cuts(call, data, bounds));
      },
      starts: null,
      ends: null,
      axes: null,
      steps: null,
    }),
  }),
  Split: defineOp("Split", {
    inputs: ["input", "split?"],
    outputs: ["outputs..."],
    attributes: { axis: int(0), num_outputs: int() },
    infer: (call) => {
      const { input, split } = call.inputs;
      const axis = axisOf(call, call.attributes.axis, input.shape.length);
      const numOutputs = call.attributes.num_outputs ?? call.numOutputs;
      return splitSizes(call, input, { split, axis, numOutputs }).map((size) => ({
        dtype: input.dtype,
        shape: input.shape.map((dim, i) => (i === axis ? size : dim)),
      }));
    },
    gradient: ({ graph, node, attributes: { axis }, d }) => ({
      input: () =>
        op.concat(
          node.outputs.map((output, i) => d.outputs[i] ?? graph.zeros(output)),
          axis,
        ),
      split: null,
    }),
  }),
  Concat: defineOp("Concat", {
    inputs: ["inputs..."],
    outputs: ["concat_result"],
    attributes: { axis: int(0) },
    infer: (call) => {
      const { inputs } = call.inputs;
      const first = inputs[0] as Value;
      demandSameDtype(call, inputs);
      const axis = axisOf(call, call.attributes.axis, first.shape.length);
      const others = (value: Value) => value.shape.filter((_, i) => i !== axis);
      demand(
        inputs.every((value) => value.shape.length === first.shape.length && sameShape(others(value), others(first))),
        call,
        `shapes that agree except along axis ${axis}`,
      );
      const size = inputs.reduce((sum, value) => sum + (value.shape[axis] as number), 0);
      return [{ dtype: first.dtype, shape: first.shape.map((dim, i) => (i === axis ? size : dim)) }];
    },
    fold: ({ inputs: { inputs } }) => {
      const held = allConstant(inputs);
      if (!held?.[0] || held.some((item) => item.shape.length !== 1)) return null;
      const all = held.flatMap(numbers);
      return [tensor(held[0].dtype, [all.length], all)];
    },
    gradient: ({ inputs: { inputs }, attributes, dy }) => {
      const axis = attributes.axis < 0 ? attributes.axis + dy.shape.length : attributes.axis;
      let start = 0;
      return {
        inputs: inputs.map((x) => {
          const from = start;
          start += x.shape[axis] as number;
          const to = start;
          return () => op.slice(dy, { starts: [from], ends: [to], axes: [axis] });
        }),
      };
    },
  }),
  Pad: defineOp("Pad", {
    inputs: ["data", "pads", "constant_value?", "axes?"],
    outputs: ["output"],
    attributes: { mode: string("constant") },
    infer: (call) => {
      const { data } = call.inputs;
      const pads = allPads(call, call.inputs);
      const shape = data.shape.map((dim, i) => dim + (pads.before[i] as number) + (pads.after[i] as number));
      demand(
        shape.every((dim) => dim >= 0),
        call,
        "pads that leave a size of 0 or more",
      );
      return [{ dtype: data.dtype, shape }];
    },
    gradient: ({ graph, node, inputs, attributes: { mode }, dy }) => ({
      data: () => {
        const call = { graph, op: node.op, nodeName: node.name, inputs: node.inputs, numOutputs: 1 };
        const { before, after } = allPads(call, inputs);
        const { shape } = inputs.data;
        if (mode === "constant") return op.pad(dy, { pads: [...before, ...after].map((pad) => 0 - pad) });
        // Every output element is a copy of one input element, axis by axis: the adjoint adds the copies up.
        return shape.reduce((x, dim, axis) => {
          const [head, tail] = [before[axis] as number, after[axis] as number];
          if (head === 0 && tail === 0) return x;
          const sources = Array.from({ length: dim + head + tail }, (_, i) => paddedSource(i - head, dim, mode));
          return alongAxis(x, { axis, rows: sources.map((source) => [[source, 1]]), size: dim, transpose: true });
        }, dy);
      },
      pads: null,
      constant_value: null,
      axes: null,
    }),
  }),
  Trilu: defineOp("Trilu", {
    inputs: ["input", "k?"],
    outputs: ["output"],
    attributes: { upper: int(1) },
    infer: (call) => {
      demand(call.inputs.input.shape.length >= 2, call, "a matrix or a batch of them");
      return sameAs(call.inputs.input);
    },
    fold: ({ inputs: { input, k }, attributes: { upper } }) => {
      const held = allConstant([input, k]);
      if (!held?.[0]) return null;
      const [rows, columns] = input.shape.slice(-2) as [number, number];
      const offset = Number(held[1]?.data[0] ?? 0);
      const kept = numbers(held[0]).map((value, i) => {
        const distance = (i % columns) - (Math.floor(i / columns) % rows);
        return (upper ? distance >= offset : distance <= offset) ? value : 0;
      });
      return [tensor(input.dtype, input.shape, kept)];
    },
    gradient: ({ inputs: { k }, attributes: { upper }, dy }) => ({
      input: () => op.trilu(dy, { upper: upper === 1, k: Number(k?.tensor?.data[0] ?? 0) }),
      k: null,
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

  Cast: defineOp("Cast", {
    inputs: ["input"],
    outputs: ["output"],
    attributes: { to: int(1), saturate: int(1) },
    infer: (call) => {
      const dtype = dtypeOfCode.get(call.attributes.to);
      demand(dtype !== undefined, call, `a supported data type, not code ${call.attributes.to}`);
      return [{ dtype, shape: call.inputs.input.shape }];
    },
    fold: ({ inputs: { input }, attributes: { to } }) => {
      const dtype = dtypeOfCode.get(to) as DType;
      const integer = !isFloat(dtype) && dtype !== "bool";
      return foldElementwise([input], { dtype, shape: input.shape }, integer ? Math.trunc : (x) => x);
    },
    gradient: ({ inputs: { input }, outputs: { output }, dy }) => ({
      input: isFloat(input.dtype) && isFloat(output.dtype) ? () => op.cast(dy, input.dtype) : null,
    }),
  }),
  CastLike: defineOp("CastLike", {
    inputs: ["input", "target_type"],
    outputs: ["output"],
    attributes: { saturate: int(1) },
    infer: ({ inputs: { input, target_type } }) => [{ dtype: target_type.dtype, shape: input.shape }],
    fold: ({ inputs: { input, target_type } }) => {
      const integer = !isFloat(target_type.dtype) && target_type.dtype !== "bool";
      return foldElementwise(
        [input],
        { dtype: target_type.dtype, shape: input.shape },
        integer ? Math.trunc : (x) => x,
      );
    },
    gradient: ({ inputs: { input }, outputs: { output }, dy }) => ({
      input: isFloat(output.dtype) ? () => op.cast(dy, input.dtype) : null,
      target_type: null,
    }),
  }),
  Shape: defineOp("Shape", {
    inputs: ["data"],
    outputs: ["shape"],
    attributes: { start: int(0), end: int() },
    infer: ({ inputs: { data }, attributes: { start, end } }) => [
      { dtype: "int64", shape: [data.shape.slice(start, end).length] },
    ],
    fold: ({ inputs: { data }, attributes: { start, end } }) => {
      const dims = data.shape.slice(start, end);
      return [tensor("int64", [dims.length], dims)];
    },
    gradient: "discrete",
  }),
  Size: defineOp("Size", {
    inputs: ["data"],
    outputs: ["size"],
    infer: () => [{ dtype: "int64", shape: [] }],
    fold: ({ inputs: { data } }) => [tensor("int64", [], [sizeOf(data.shape)])],
    gradient: "discrete",
  }),
  Constant: defineOp("Constant", {
    inputs: [],
    outputs: ["output"],
    attributes: {
      value: tensorAttribute(),
      value_float: float(),
      value_floats: floats(),
      value_int: int(),
      value_ints: ints(),
      value_strings: strings(),
    },
    infer: (call) => {
      const held = heldConstant(call.attributes);
      demand(held !== null, call, "a number or a tensor as value");
      return [held];
    },
    fold: ({ attributes }) => {
      const held = heldConstant(attributes);
      return held && [held];
    },
    gradient: "discrete",
  }),
  ConstantOfShape: defineOp("ConstantOfShape", {
    inputs: ["input"],
    outputs: ["output"],
    attributes: { value: tensorAttribute() },
    infer: (call) => [
      { dtype: call.attributes.value?.dtype ?? "float32", shape: constantNumbers(call, call.inputs.input, "shape") },
    ],
    fold: (call) => {
      const shape = constantOf(call.inputs.input) && constantNumbers(call, call.inputs.input, "shape");
      const value = call.attributes.value;
      return shape && [filled(value?.dtype ?? "float32", shape, value ? (numbers(value)[0] as number) : 0)];
    },
    gradient: "discrete",
  }),
  Range: defineOp("Range", {
    inputs: ["start", "limit", "delta"],
    outputs: ["output"],
    infer: (call) => [{ dtype: call.inputs.start.dtype, shape: [rangeNumbers(call, call.inputs).length] }],
    fold: (call) => {
      if (!allConstant(Object.values(call.inputs))) return null;
      const values = rangeNumbers(call, call.inputs);
      return [tensor(call.inputs.start.dtype, [values.length], values)];
    },
    gradient: "discrete",
  }),
  EyeLike: defineOp("EyeLike", {
    inputs: ["input"],
    outputs: ["output"],
    attributes: { dtype: int(), k: int(0) },
    infer: ({ inputs: { input }, attributes: { dtype } }) => [
      { dtype: dtypeOfCode.get(dtype ?? -1) ?? input.dtype, shape: input.shape },
    ],
    gradient: "discrete",
  }),
};

function heldConstant(attributes: {
  value?: ReturnType<typeof tensor> | undefined;
  value_float?: number | undefined;
  value_floats?: readonly number[] | undefined;
  value_int?: number | undefined;
  value_ints?: readonly number[] | undefined;
}) {
  const { value, value_float, value_floats, value_int, value_ints } = attributes;
  if (value) return value;
  if (value_float !== undefined) return tensor("float32", [], [value_float]);
  if (value_floats) return tensor("float32", [value_floats.length], value_floats);
  if (value_int !== undefined) return tensor("int64", [], [value_int]);
  return value_ints ? tensor("int64", [value_ints.length], value_ints) : null;
}

function rangeNumbers(call: AnyCall, { start, limit, delta }: { start: Value; limit: Value; delta: Value }): number[] {
  const [first, end, step] = [start, limit, delta].map(
    (value) => constantNumbers(call, value, "bounds")[0] as number,
  ) as [number, number, number];
  const length = Math.max(0, Math.ceil((end - first) / step));
  demand(Number.isFinite(length) && length < 2 ** 31, call, "a step that reaches the limit");
  return Array.from({ length }, (_, i) => first + i * step);
}

function allPads(call: AnyCall, { data, pads, axes }: { data: Value; pads: Value; axes: Value | null }) {
  const given = constantNumbers(call, pads, "pads");
  const chosen = axes
    ? constantNumbers(call, axes, "axes").map((axis) => axisOf(call, axis, data.shape.length))
    : [...data.shape.keys()];
  demand(given.length === 2 * chosen.length, call, `${2 * chosen.length} pads`);
  const at = (axis: number, end: number) => {
    const i = chosen.indexOf(axis);
    return i < 0 ? 0 : (given[i + end * chosen.length] as number);
  };
  return { before: data.shape.map((_, axis) => at(axis, 0)), after: data.shape.map((_, axis) => at(axis, 1)) };
}

/** Which element of a row of `dim` a padded position shows. */
function paddedSource(position: number, dim: number, mode: string): number {
  if (mode === "edge") return Math.min(Math.max(position, 0), dim - 1);
  if (mode === "wrap") return ((position % dim) + dim) % dim;
  const period = 2 * (dim - 1);
  const folded = period === 0 ? 0 : ((position % period) + period) % period;
  return folded < dim ? folded : period - folded;
}

/** A sparse matrix: for every row its (column, weight) pairs. */
export type SparseRows = readonly (readonly (readonly [column: number, weight: number])[])[];

/**
 * Applies a constant linear map along one axis (or its adjoint, with `transpose`): y[.., r, ..] = Σ weight · x[.., column, ..].
 * One product with a dense matrix and no transposition: the axis is the last of a matrix or the rows of a batch of them.
 */
export function alongAxis(x: Value, map: { axis: number; rows: SparseRows; size: number; transpose?: boolean }): Value {
  const { axis, rows, size, transpose = false } = map;
  const [head, tail] = [x.shape.slice(0, axis), x.shape.slice(axis + 1)];
  const outer = sizeOf(head);
  const inner = sizeOf(tail);
  const from = x.shape[axis] as number;
  const to = transpose ? size : rows.length;
  // right: [from, to] for x · M; left: [to, from] for M · x.
  const right = inner === 1;
  const dense = new Array<number>(from * to).fill(0);
  rows.forEach((row, r) => {
    for (const [column, weight] of row) {
      const [i, j] = transpose ? [r, column] : [column, r];
      const at = right ? i * to + j : j * from + i;
      dense[at] = (dense[at] as number) + weight;
    }
  });
  const matrix = x.graph.constant(tensor(x.dtype, right ? [from, to] : [to, from], dense));
  const product = right
    ? op.matMul(op.reshape(x, [outer, from]), matrix)
    : op.matMul(matrix, op.reshape(x, [outer, from, inner]));
  return op.reshape(product, [...head, to, ...tail]);
}
