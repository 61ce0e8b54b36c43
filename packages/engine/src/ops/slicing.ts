import { constantOf, type Value } from "../graph/graph.ts";
import { numbers, type Shape, sameShape, type Tensor, tensor } from "../graph/tensor.ts";
import { defineOp, int, string } from "./definition.ts";
import { foldMoved, moved } from "./folding.ts";
import { op } from "./functions.ts";
import { type AnyCall, allConstant, axisOf, constantNumbers, demand, demandSameDtype, sameAs } from "./inference.ts";
import { alongAxis } from "./linear-map.ts";

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
  const before = all.map(({ start, step, size }) => (size === 0 ? 0 : step > 0 ? start : start + step * (size - 1)));
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

export const slicing = {
  Slice: defineOp("Slice", {
    inputs: ["data", "starts", "ends", "axes?", "steps?"],
    outputs: ["output"],
    infer: (call) => {
      const { data, ...bounds } = call.inputs;
      return [{ dtype: data.dtype, shape: cuts(call, data, bounds).map(({ size }) => size) }];
    },
    fold: (call) => {
      const { data, ...bounds } = call.inputs;
      if (!constantOf(data)) return null;
      const all = cuts(call, data, bounds);
      const shape = all.map(({ size }) => size);
      return foldMoved(data, shape, (index) =>
        all.map(({ start, step }, axis) => start + step * (index[axis] as number)),
      );
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
      const { numOutputs, attributes } = call;
      demand((attributes.num_outputs ?? numOutputs) === numOutputs, call, `${attributes.num_outputs} outputs`);
      return splitSizes(call, input, { split, axis, numOutputs }).map((size) => ({
        dtype: input.dtype,
        shape: input.shape.map((dim, i) => (i === axis ? size : dim)),
      }));
    },
    fold: (call) => {
      const { input, split } = call.inputs;
      if (!constantOf(input)) return null;
      const axis = axisOf(call, call.attributes.axis, input.shape.length);
      let start = 0;
      const parts = splitSizes(call, input, { split, axis, numOutputs: call.numOutputs }).map((size) => {
        const from = start;
        start += size;
        const shape = input.shape.map((dim, i) => (i === axis ? size : dim));
        return foldMoved(input, shape, (index) => index.map((at, i) => (i === axis ? from + at : at)));
      });
      return parts.flatMap((part) => part ?? []);
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
    fold: ({ inputs: { inputs }, attributes }) => {
      const held = allConstant(inputs);
      if (!held) return null;
      const [{ shape: first }] = held as [Tensor];
      const axis = attributes.axis < 0 ? attributes.axis + first.length : attributes.axis;
      const places = held.flatMap((from) =>
        Array.from({ length: from.shape[axis] as number }, (_, at) => ({ from, at })),
      );
      return moved(held, first.with(axis, places.length), (index) => {
        const { from, at } = places[index[axis] as number] as { from: Tensor; at: number };
        return { from, at: index.with(axis, at) };
      });
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
};

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
