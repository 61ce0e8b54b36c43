import type { Value } from "../graph/graph.ts";
import { filled } from "../graph/tensor.ts";
import { once, withGradient } from "../ops/call.ts";
import { op } from "../ops/functions.ts";
import { swapLast } from "../ops/product.ts";

export interface SdpaOptions {
  /** bool (true = visible) or additive, broadcast to [B,h,Tq,Tk]. */
  mask?: Value;
  /** Query i sees keys j ≤ i + Tk − Tq. */
  causal?: boolean;
  /** Default 1/√dh. */
  scale?: number;
}

/** Added to the scores of hidden keys: finite, so that a row without visible keys stays finite. */
const hidden = { float16: -3e4, other: -1e30 };

/**
 * softmax(q kᵀ · scale + mask) v for q [B,h,Tq,dh], k and v [B,kvHeads,Tk,dh]; query head i uses key head
 * floor(i · kvHeads / h), without copying keys.
 */
export function sdpa(q: Value, k: Value, v: Value, { mask, causal = false, scale }: SdpaOptions = {}): Value {
  const [batch, heads, queries, size] = q.shape as [number, number, number, number];
  const [, kvHeads, keys] = k.shape as [number, number, number];
  const factor = scale ?? 1 / Math.sqrt(size);
  // The queries of a group stand below each other: one product a key head.
  const group = (x: Value) => op.reshape(x, [batch, kvHeads, (heads / kvHeads) * queries, x.shape.at(-1) as number]);
  const ungroup = (x: Value) => op.reshape(x, [batch, heads, queries, x.shape.at(-1) as number]);
  const scaled = op.mul(group(q), factor);
  const scores = ungroup(op.matMul(scaled, swapLast(k)));
  const seen = causal && queries > 1 ? op.add(scores, causalMask(q, queries, keys)) : scores;
  const masked = mask === undefined ? seen : applyMask(seen, mask);
  const weights = group(op.softmax(masked));
  const y = op.matMul(weights, v);
  const bias = mask && mask.dtype !== "bool" ? [mask] : [];
  return withGradient(ungroup(y), {
    inputs: [q, k, v, ...bias],
    saved: [scaled, weights, y],
    rule: ({ dy, inputs: [query, key, value, added], saved }) => {
      const [queryScaled, attention, result] = saved as [Value, Value, Value];
      const d = op.reshape(dy, result.shape);
      // Softmax's row sums Σ p dp equal Σ y dy, which is over dh instead of Tk elements.
      const dScores = once(() => {
        const dWeights = op.matMul(d, swapLast(value as Value));
        const rowSums = op.reduceSum(op.mul(d, result), { axes: [-1], keepdims: true });
        return op.mul(attention, op.sub(dWeights, rowSums));
      });
      return [
        () => op.reshape(op.mul(op.matMul(dScores(), key as Value), factor), (query as Value).shape),
        () => op.matMul(swapLast(dScores()), queryScaled),
        () => op.matMul(swapLast(attention), d),
        () => op.sumTo(ungroup(dScores()), (added as Value).shape),
      ];
    },
  });
}

/** Zeros where key j ≤ query i + Tk − Tq, else the hiding number: made in the graph, so that files stay small. */
function causalMask({ graph, dtype }: Value, queries: number, keys: number): Value {
  const low = filled("float32", [1], dtype === "float16" ? hidden.float16 : hidden.other);
  const [all] = graph.add("ConstantOfShape", [graph.constant([queries, keys], "int64")], { value: low }) as [Value];
  return op.cast(op.trilu(all, { upper: true, k: keys - queries + 1 }), dtype);
}

function applyMask(scores: Value, mask: Value): Value {
  if (mask.dtype !== "bool") return op.add(scores, mask);
  return op.where(mask, scores, scores.dtype === "float16" ? hidden.float16 : hidden.other);
}
