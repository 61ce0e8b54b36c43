import type { Value } from "../graph/graph.ts";
import { sizeOf } from "../graph/tensor.ts";
import { op } from "../ops/functions.ts";
import type { Initializer } from "./init.ts";
import { linear } from "./linear.ts";
import { type RotaryOptions, rotary } from "./rotary.ts";
import { inScope, type Scope } from "./scope.ts";
import { sdpa } from "./sdpa.ts";

export interface AttentionOptions {
  heads: number;
  /** Key and value heads, a divisor of `heads`; default `heads`. */
  kvHeads?: number;
  /** Width of one head; default dim / heads. */
  headDim?: number;
  /** Bias of the output projection. Default true. */
  bias?: boolean;
  /** Bias of the query, key and value projections. Default: as `bias`. */
  qkvBias?: boolean;
  /** "fused": one parameter "qkv" (columns q | k | v) and "proj"; "separate": q_proj, k_proj, v_proj, o_proj. Default "fused". */
  projections?: "fused" | "separate";
  /** bool (true = visible) or additive, broadcast to [B,h,Tq,Tk]. */
  mask?: Value;
  causal?: boolean;
  rotary?: RotaryOptions;
  init?: Initializer;
}

/** Keys and values of earlier tokens, for decoding with a fixed length. */
export interface KeyValueCache {
  /** [B,kvHeads,Tmax,dh]. */
  key: Value;
  value: Value;
  /** int64 scalar: where the first of the new tokens is written. */
  position: Value;
}

/** Self-attention over x [B,T,dim]. */
export function attention(p: Scope, x: Value, options: AttentionOptions): Value {
  return inScope(p, () => {
    const { q, k, v } = projected(p, x, options);
    return joined(p, sdpa(q, k, v, { mask: options.mask, causal: options.causal }), options);
  });
}

/**
 * Self-attention of T new tokens x [B,T,dim] that also see those in the cache: token i, written at position + i, sees
 * positions up to its own (and what `mask`, broadcast to [B,h,T,Tmax], lets through). Returns the updated cache too.
 */
export function cachedAttention(
  p: Scope,
  x: Value,
  { cache, ...options }: AttentionOptions & { cache: KeyValueCache },
): { y: Value; key: Value; value: Value } {
  return inScope(p, () => {
    const { q, k, v } = projected(p, x, options);
    const [length, slots] = [x.shape[1] as number, cache.key.shape[2] as number];
    const count = x.graph.constant([...Array(length).keys()], "int64");
    const written = op.add(count, cache.position); // [T]
    const at = op.expand(op.reshape(written, [1, 1, length, 1]), k.shape);
    const key = op.scatterElements(cache.key, at, k, { axis: 2 });
    const value = op.scatterElements(cache.value, at, v, { axis: 2 });
    const slot = x.graph.constant([...Array(slots).keys()], "int64");
    const past = op.lessOrEqual(slot, op.reshape(written, [length, 1])); // [T,Tmax]
    const { mask } = options;
    const additive = mask && mask.dtype !== "bool";
    const visible = mask && !additive ? op.and(past, mask) : past;
    const shown = additive ? op.where(visible, mask, -1e30) : visible;
    return { y: joined(p, sdpa(q, key, value, { mask: shown }), options), key, value };
  });
}

/** Queries [B,heads,T,dh], keys and values [B,kvHeads,T,dh], positions turned in. */
function projected(p: Scope, x: Value, options: AttentionOptions): { q: Value; k: Value; v: Value } {
  const [batch, length, dim] = x.shape as [number, number, number];
  const { heads, kvHeads = heads, headDim = dim / heads, bias = true, qkvBias = bias, init } = options;
  const split = (y: Value, count: number) => op.transpose(op.reshape(y, [batch, length, count, headDim]), [0, 2, 1, 3]);
  const turn = (y: Value) => (options.rotary ? rotary(y, options.rotary) : y);
  const widths = [heads, kvHeads, kvHeads].map((count) => count * headDim) as [number, number, number];
  if (options.projections === "separate") {
    const part = (name: string, count: number) =>
      split(linear(p.at(name), x, { out: count * headDim, bias: qkvBias, init }), count);
    return { q: turn(part("q_proj", heads)), k: turn(part("k_proj", kvHeads)), v: part("v_proj", kvHeads) };
  }
  const qkv = linear(p.at("qkv"), x, { out: widths[0] + widths[1] + widths[2], bias: qkvBias, init });
  if (heads === kvHeads) {
    // One transposition for all three, then contiguous pieces.
    const stacked = op.transpose(op.reshape(qkv, [batch, length, 3, heads, headDim]), [2, 0, 3, 1, 4]);
    const parts = op.split(stacked, { split: [1, 1, 1], axis: 0 });
    const [q, k, v] = parts.map((part) => op.reshape(part, [batch, heads, length, headDim])) as [Value, Value, Value];
    return { q: turn(q), k: turn(k), v };
  }
  const [q, k, v] = op.split(qkv, { split: widths, axis: -1 }) as [Value, Value, Value];
  return { q: turn(split(q, heads)), k: turn(split(k, kvHeads)), v: split(v, kvHeads) };
}

/** Heads side by side again, through the output projection. */
function joined(
  p: Scope,
  y: Value,
  { bias = true, projections = "fused", init }: AttentionOptions & { dim?: number },
): Value {
  const [batch, heads, length, size] = y.shape as [number, number, number, number];
  const rows = op.reshape(op.transpose(y, [0, 2, 1, 3]), [batch, length, sizeOf([heads, size])]);
  return linear(p.at(projections === "fused" ? "proj" : "o_proj"), rows, { out: heads * size, bias, init });
}
