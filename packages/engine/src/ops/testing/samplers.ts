import type { Attributes } from "../../graph/graph.ts";
import { type Tensor, tensor } from "../../graph/tensor.ts";
import type { Constant, Draw, Sample } from "./draw.ts";

export const constant = (held: Tensor): Constant => ({ constant: held });

export const int64 = (values: readonly number[]): Constant => constant(tensor("int64", [values.length], values));

export const scalar64 = (value: number): Constant => constant(tensor("int64", [], [value]));

export type Sampler = (draw: Draw) => Sample;

export const positive = (x: number) => Math.abs(x) + 0.4;

/** Away from 0, sign kept. */
export const apart = (x: number) => x + Math.sign(x) * 0.4;

/** One float input. */
export const unary =
  (map?: (x: number) => number, attributes?: (draw: Draw) => Attributes): Sampler =>
  (draw) => ({ inputs: [draw.floats(draw.shape(0, 3), map)], attributes: attributes?.(draw) });

/** Two float inputs that broadcast. */
export const binary =
  (mapA?: (x: number) => number, mapB?: (x: number) => number): Sampler =>
  (draw) => {
    const [a, b] = broadcastPair(draw);
    return { inputs: [draw.floats(a, mapA), draw.floats(b, mapB)] };
  };

export function broadcastPair(draw: Draw): [number[], number[]] {
  const full = draw.shape(1, 3);
  const shrink = (shape: number[]) =>
    shape.slice(draw.int(0, shape.length)).map((dim) => (draw.int(0, 2) === 0 ? 1 : dim));
  const whole = draw.int(0, 2);
  return [whole === 1 ? shrink(full) : full, whole === 2 ? shrink(full) : full];
}

export interface DrawnWindow {
  spatial: number[];
  attributes: { kernel_shape: number[]; strides: number[]; dilations: number[]; pads?: number[] } & Attributes;
}

/** A window over 1 or 2 spatial axes that fits. */
export function window(draw: Draw, { dilated = true } = {}): DrawnWindow {
  const rank = draw.int(1, 2);
  const many = (min: number, max: number) => Array.from({ length: rank }, () => draw.int(min, max));
  const kernel_shape = many(1, 3);
  const dilations = dilated ? many(1, 2) : kernel_shape.map(() => 1);
  const strides = many(1, 3);
  const reach = kernel_shape.map((size, i) => (size - 1) * (dilations[i] as number) + 1);
  const spatial = reach.map((size) => size + draw.int(0, 3));
  const auto = dilated ? draw.pick(["NOTSET", "NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"]) : "NOTSET";
  // ONNX Runtime refuses (convolution) or forgets (pooling) a dilation where it chooses the pads itself.
  const undilated = kernel_shape.map(() => 1);
  if (auto !== "NOTSET")
    return { spatial, attributes: { kernel_shape, strides, dilations: undilated, auto_pad: auto } };
  const pads = [...kernel_shape, ...kernel_shape].map((size) => draw.int(0, size - 1));
  return { spatial, attributes: { kernel_shape, strides, dilations, pads } };
}
