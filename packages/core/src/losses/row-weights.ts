import { type DType, op, type Value } from "@retort/engine";

/** How rows become one number: a mean over all kept tokens, or a mean per sample, then over the samples that keep any. */
export type RowReduction = "token" | "sample";

export interface RowWeightsOptions {
  reduction?: RowReduction;
  /** Samples of equal length that the rows belong to, one behind the other; counts for "sample" alone. */
  numSamples?: number;
  dtype?: DType;
}

/** Weights [N] under which a sum over kept rows is their mean; all zero when none is kept. `mask` bool [N]. */
export function rowWeights(
  mask: Value,
  { reduction = "token", numSamples = 1, dtype = "float32" }: RowWeightsOptions = {},
): Value {
  const kept = op.cast(mask, dtype);
  if (reduction === "token") return op.div(kept, op.max(op.reduceSum(kept), 1));
  const [numRows] = mask.shape as [number];
  const ofSamples = op.reshape(kept, [numSamples, numRows / numSamples]);
  const counts = op.reduceSum(ofSamples, { axes: [1], keepdims: true }); // [S,1]
  const counted = op.reduceSum(op.min(counts, 1));
  return op.reshape(op.div(ofSamples, op.mul(op.max(counts, 1), op.max(counted, 1))), [numRows]);
}
