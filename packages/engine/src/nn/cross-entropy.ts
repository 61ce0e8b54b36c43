import type { Value } from "../graph/graph.ts";
import { withGradient } from "../ops/call.ts";
import { op } from "../ops/functions.ts";

export interface CrossEntropyOptions {
  /** Rows with this label do not count. Default -100; null: every row counts, which saves the masking. */
  ignoreIndex?: number | null;
  /** Share e of the target that is spread over all classes. Default 0. */
  labelSmoothing?: number;
  /** "mean" over the rows that count (0 if none does), "sum" over them, or "none": [N]. Default "mean". */
  reduction?: "mean" | "sum" | "none";
}

/**
 * (1 − e)(−log p[y]) + e · mean_c(−log p[c]) of logits [N,V] against int64 labels [N], stable at any logits. Its gradient
 * (softmax − target) · weight is written in closed form.
 */
export function crossEntropy(logits: Value, labels: Value, options: CrossEntropyOptions = {}): Value {
  const { ignoreIndex = -100, labelSmoothing: smoothing = 0, reduction = "mean" } = options;
  const { graph, dtype } = logits;
  const [rows, classes] = logits.shape as [number, number];
  const kept = ignoreIndex === null ? null : op.not(op.equal(labels, ignoreIndex));
  const targets = op.unsqueeze(kept ? op.where(kept, labels, 0) : labels, [1]); // [N,1]
  const logp = op.logSoftmax(logits);
  const picked = op.mul(op.squeeze(op.gatherElements(logp, targets, { axis: 1 }), [1]), smoothing - 1);
  const spread = smoothing === 0 ? picked : op.sub(picked, op.mul(op.reduceMean(logp, { axes: [1] }), smoothing));
  const counted = kept ? op.where(kept, spread, 0) : spread; // [N]
  const mask = kept && op.cast(kept, dtype);
  const share =
    reduction !== "mean" ? null : mask ? op.reciprocal(op.max(op.reduceSum(mask), 1)) : graph.constant(1 / rows, dtype);
  const total = reduction === "none" ? counted : op.reduceSum(counted);
  const loss = share ? op.mul(total, share) : total;
  return withGradient(loss, {
    inputs: [logits],
    saved: [logp, targets, ...(mask ? [mask] : []), ...(share ? [share] : [])],
    rule: ({ dy, saved }) => [
      () => {
        const [logProbabilities, target, ...rest] = saved as [Value, Value, ...Value[]];
        const rowMask = mask && (rest.shift() as Value);
        const perLoss = share ? op.mul(dy, rest.shift() as Value) : dy;
        const weighted = rowMask ? op.mul(rowMask, perLoss) : perLoss;
        const weight = op.reshape(op.expand(weighted, [rows]), [rows, 1]);
        const expected = op.mul(op.exp(logProbabilities), weight);
        const uniform = smoothing === 0 ? expected : op.sub(expected, op.mul(weight, smoothing / classes));
        return op.scatterElements(uniform, target, op.mul(weight, smoothing - 1), { axis: 1, reduction: "add" });
      },
    ],
  });
}
