import type { Value } from "../graph/graph.ts";
import { op } from "../ops/functions.ts";
import { type AttentionOptions, attention, cachedAttention, type KeyValueCache } from "./attention.ts";
import type { Initializer } from "./init.ts";
import { type ActivationName, mlp, swiglu } from "./mlp.ts";
import { layerNorm, rmsNorm } from "./norm.ts";
import { inScope, type Scope } from "./scope.ts";

export interface PrelnOptions {
  heads: number;
  /** Width of the MLP; default 4 · dim. */
  hidden?: number;
  activation?: ActivationName;
  causal?: boolean;
  mask?: Value;
  epsilon?: number;
  init?: Initializer;
}

/** Pre-LayerNorm transformer block on x [B,T,dim]: x += attn(ln1 x); x += mlp(ln2 x). */
function preln(p: Scope, x: Value, options: PrelnOptions): Value {
  const { heads, hidden = 4 * (x.shape.at(-1) as number), activation, causal, mask, epsilon, init } = options;
  return inScope(p, () => {
    const mixed = op.add(
      x,
      attention(p.at("attn"), layerNorm(p.at("ln1"), x, { epsilon }), { heads, causal, mask, init }),
    );
    return op.add(mixed, mlp(p.at("mlp"), layerNorm(p.at("ln2"), mixed, { epsilon }), { hidden, activation, init }));
  });
}

export interface LlamaOptions extends Pick<AttentionOptions, "heads" | "kvHeads" | "headDim" | "mask" | "causal"> {
  hidden: number;
  /** int64 [T] or [B,T]; default 0, 1, 2... */
  positions?: Value;
  ropeBase?: number;
  qkvBias?: boolean;
  epsilon?: number;
  init?: Initializer;
}

/**
 * Llama (with qkvBias: Qwen2) block on x [B,T,dim]: x += attn(rms x) with rotary positions and grouped heads, then
 * x += swiglu(rms x). Causal unless `causal` is false. Parameters as in the models: input_layernorm, q_proj, ...
 */
function llama(p: Scope, x: Value, options: LlamaOptions): Value {
  return llamaBody(p, x, { options, attend: (q, normed) => attention(q, normed, llamaAttention(x, options)) });
}

/** The same for T new tokens in front of a cache; returns the updated cache. Positions must be given. */
function cachedLlama(
  p: Scope,
  x: Value,
  { cache, ...options }: LlamaOptions & { positions: Value; cache: KeyValueCache },
): { y: Value; key: Value; value: Value } {
  let updated: { key: Value; value: Value } | undefined;
  const y = llamaBody(p, x, {
    options,
    attend: (q, normed) => {
      const result = cachedAttention(q, normed, { ...llamaAttention(x, options), cache });
      updated = result;
      return result.y;
    },
  });
  const { key, value } = updated as { key: Value; value: Value };
  return { y, key, value };
}

function llamaAttention(x: Value, options: LlamaOptions): AttentionOptions {
  const { heads, kvHeads, headDim, mask, causal = true, qkvBias = false, ropeBase = 10_000, init } = options;
  const positions = options.positions ?? x.graph.constant([...Array(x.shape[1]).keys()], "int64");
  return {
    heads,
    kvHeads,
    headDim,
    mask,
    causal,
    qkvBias,
    bias: false,
    projections: "separate",
    rotary: { positions, base: ropeBase },
    init,
  };
}

interface LlamaBody {
  options: LlamaOptions;
  attend: (p: Scope, normed: Value) => Value;
}

function llamaBody(p: Scope, x: Value, { options, attend }: LlamaBody): Value {
  const { epsilon, hidden, init } = options;
  return inScope(p, () => {
    const mixed = op.add(x, attend(p, rmsNorm(p.at("input_layernorm"), x, { epsilon })));
    return op.add(mixed, swiglu(p, rmsNorm(p.at("post_attention_layernorm"), mixed, { epsilon }), { hidden, init }));
  });
}

export const block = { preln, llama, cachedLlama };
