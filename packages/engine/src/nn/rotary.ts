import type { Value } from "../graph/graph.ts";
import { tensor } from "../graph/tensor.ts";
import { withGradient } from "../ops/call.ts";
import { op } from "../ops/functions.ts";

export interface RotaryOptions {
  /** int64 [T] or [B,T]. */
  positions: Value;
  base: number;
}

/**
 * Rotary position embedding by halves (as in Llama): x [B,h,T,dh], pairs (i, i + dh/2) turned by position · base^(−2i/dh).
 */
export function rotary(x: Value, { positions, base }: RotaryOptions): Value {
  const half = (x.shape.at(-1) as number) / 2;
  const frequencies = Array.from({ length: half }, (_, i) => base ** (-i / half));
  const twice = x.graph.constant(tensor("float32", [2 * half], [...frequencies, ...frequencies]));
  const [batch, length] = positions.shape.length === 1 ? [1, positions.shape[0]] : positions.shape;
  const steps = op.reshape(op.cast(positions, "float32"), [batch as number, 1, length as number, 1]);
  const angles = op.mul(steps, twice); // [B or 1, 1, T, dh]
  const cos = op.cast(op.cos(angles), x.dtype);
  // The sign of rotate_half is carried by the sine.
  const signs = tensor(
    "float32",
    [2 * half],
    Array.from({ length: 2 * half }, (_, i) => (i < half ? -1 : 1)),
  );
  const sin = op.cast(op.mul(op.sin(angles), x.graph.constant(signs)), x.dtype);
  const turned = op.add(op.mul(x, cos), op.mul(swapHalves(x), sin));
  return withGradient(turned, {
    inputs: [x],
    saved: [cos, sin],
    // Turned back: swapping the halves negates the signed sine.
    rule: ({ dy, saved: [c, s] }) => [() => op.sub(op.mul(dy, c as Value), op.mul(swapHalves(dy), s as Value))],
  });
}

function swapHalves(x: Value): Value {
  const half = (x.shape.at(-1) as number) / 2;
  const [a, b] = op.split(x, { split: [half, half], axis: -1 }) as [Value, Value];
  return op.concat([b, a], -1);
}
