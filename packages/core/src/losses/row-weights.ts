import { type DType, op, type Value } from "@retort/engine";

/** How rows become one number: a mean over all kept tokens, or a mean per sample, then over the samples that keep any. */
export type RowReduction = "token" | "sample";

/** Weights [B,T] under which a sum over kept positions is their mean; all zero when none is kept. `mask` bool [B,T]. */
export function rowWeights(mask: Value, reduction: RowReduction, dtype: DType = "float32"): Value {
  const kept = op.cast(mask, dtype);
  if (reduction === "token") return op.div(kept, op.max(op.reduceSum(kept), 1));
  const counts = op.reduceSum(kept, { axes: [1], keepdims: true }); // [B,1]
  const numSamples = op.reduceSum(op.min(counts, 1));
  return op.div(kept, op.mul(op.max(counts, 1), op.max(numSamples, 1)));
}
