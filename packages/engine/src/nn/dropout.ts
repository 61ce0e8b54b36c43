import type { Value } from "../graph/graph.ts";
import { sizeOf } from "../graph/tensor.ts";
import { op } from "../ops/functions.ts";

export interface DropoutOptions {
  /** Share of the elements that become 0; the others grow by 1 / (1 - rate). */
  rate: number;
  /**
   * int64 scalar that is another one in every step: a graph input that the batches feed. Elements are chosen by it and the
   * seed alone, so that a training that is resumed drops what one that never stopped drops.
   */
  step: Value;
  /** Different for each place of a model. */
  seed: number;
}

/** Prime, with a square within an int64. */
const modulus = 2 ** 31 - 1;

/**
 * Dropout in training; leave it out for inference. ONNX's own Dropout keeps its random state inside a session, where no
 * checkpoint reaches it: here the mask is a hash of step, seed and position, in integers that are the same everywhere.
 */
export function dropout(x: Value, { rate, step, seed }: DropoutOptions): Value {
  if (rate === 0) return x;
  const mod = (value: Value): Value => op.mod(value, modulus);
  const key = mod(op.add(op.mul(mod(step), 48271), ((seed % modulus) * 69621) % modulus));
  const positions = x.graph.constant(
    {
      dtype: "int64",
      shape: [sizeOf(x.shape)],
      data: BigInt64Array.from({ length: sizeOf(x.shape) }, (_, i) => BigInt(i)),
    },
    "int64",
    "positions",
  );
  // Multiplied and squared by turns: products of numbers below the modulus are exact.
  const spread = mod(op.add(op.mul(positions, 16807), op.mul(key, 40014)));
  const mixed = mod(op.add(op.mul(spread, spread), key));
  const hash = mod(op.add(op.mul(mixed, mixed), spread));
  const kept = op.greaterOrEqual(hash, Math.round(rate * modulus));
  return op.mul(x, op.where(op.reshape(kept, x.shape), 1 / (1 - rate), 0));
}
