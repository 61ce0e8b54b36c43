import { sizeOf, tensor } from "../../graph/tensor.ts";
import type { elementwise as operators } from "../elementwise.ts";
import { apart, binary, constant, positive, type Sampler, unary } from "./samplers.ts";

/** Into (-0.9, 0.9). */
const inside = (x: number) => Math.tanh(x) * 0.9;

const variadic: Sampler = (draw) => {
  const shape = draw.shape(1, 3);
  // One grid cut into pieces, so that no two operands tie.
  const all = draw.floats([3, ...shape]);
  const size = sizeOf(shape);
  const pieces = [0, 1, 2].slice(0, draw.int(1, 3));
  return {
    inputs: pieces.map((i) => tensor("float32", shape, [...all.data].slice(i * size, (i + 1) * size).map(Number))),
  };
};

export const elementwise = {
  Add: binary(),
  Sub: binary(),
  Mul: binary(),
  Div: binary(undefined, apart),
  Pow: (draw) =>
    draw.int(0, 1) === 0
      ? binary(positive)(draw)
      : { inputs: [draw.floats(draw.shape(1, 3), apart), constant(tensor("float32", [], [draw.pick([1, 2, 3, -1])]))] },
  // The dividend stays half a unit away from multiples of the divisor, where the result jumps.
  Mod: (draw) => ({
    inputs: [draw.floats([2, 3], (x) => Math.trunc(x) + 0.5), constant(tensor("float32", [], [draw.pick([1, 2])]))],
    attributes: { fmod: 1 },
  }),
  Max: variadic,
  Min: variadic,
  Sum: variadic,
  Mean: variadic,
  Neg: unary(),
  Abs: unary(apart),
  Sqrt: unary(positive),
  Exp: unary(),
  Log: unary(positive),
  Reciprocal: unary(apart),
  Erf: unary(),
  Sin: unary(),
  Cos: unary(),
  Tan: unary(inside),
  Sinh: unary(inside),
  Cosh: unary(inside),
  Asin: unary(inside),
  Acos: unary(inside),
  Atan: unary(),
  Asinh: unary(),
  Acosh: unary((x) => positive(x) + 1),
  Atanh: unary(inside),
  Sign: unary(apart),
  Floor: unary((x) => Math.floor(x) + 0.5),
  Ceil: unary((x) => Math.floor(x) + 0.5),
  Round: unary((x) => Math.floor(x) + 0.25),
  Identity: unary(),
} satisfies Record<keyof typeof operators, Sampler>;
