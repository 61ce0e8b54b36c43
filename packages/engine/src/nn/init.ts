import { ShapeError } from "../errors.ts";
import { filled, type Shape, sizeOf, type Tensor, tensor, typeText } from "../graph/tensor.ts";

/** Makes the initial contents of a parameter; `random` draws uniformly from [0, 1). */
export type Initializer = (shape: Shape, random: () => number) => Tensor;

const zeros: Initializer = (shape) => filled("float32", shape, 0);
const ones: Initializer = (shape) => filled("float32", shape, 1);
const constant =
  (value: number): Initializer =>
  (shape) =>
    filled("float32", shape, value);

/** Uniform on [-bound, bound). */
const uniform =
  (bound: number): Initializer =>
  (shape, random) =>
    drawn(shape, () => (2 * random() - 1) * bound);

/** Normal with mean 0, by the Box-Muller transform. */
const normal =
  (std: number): Initializer =>
  (shape, random) =>
    drawn(shape, () => std * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));

/** A plain loop: Float32Array.from() takes some 40 ns more for each number, and a ViT-L/14 has 430 million. */
function drawn(shape: Shape, next: () => number): Tensor {
  const data = new Float32Array(sizeOf(shape));
  for (let at = 0; at < data.length; at++) data[at] = next();
  return tensor("float32", shape, data);
}

/** Given contents; ShapeError when the shape differs. */
const from =
  (contents: Tensor): Initializer =>
  (shape) => {
    if (`${contents.shape}` === `${shape}`) return contents;
    const expected = `[${shape}]`;
    throw new ShapeError({
      code: "PARAMETER_SHAPE",
      message: "given contents do not fit the parameter",
      expected,
      got: typeText(contents),
    });
  };

export const init = { zeros, ones, constant, uniform, normal, from };

/** A generator of uniform numbers in [0, 1) that depends on the seed and the name alone (FNV-1a, then mulberry32). */
export function randomFor(seed: number, name: string): () => number {
  let state = 0x811c9dc5 ^ seed;
  for (const unit of name) state = Math.imul(state ^ (unit.codePointAt(0) as number), 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 4294967296;
  };
}
