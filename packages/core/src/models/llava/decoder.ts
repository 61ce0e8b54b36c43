import { nn, op, type Value } from "@retort/engine";
import { SpecError } from "../../base/errors.ts";
import { headDim, type LlavaConfig } from "./config.ts";
import { importedDecoder, importedEmbedding } from "./imported-graph.ts";

/** Keys and values of one layer, [B, kvHeads, slots, head dim]. */
export interface LayerCache {
  keys: Value;
  values: Value;
}

export interface DecoderInput {
  /** [B,T,D] */
  x: Value;
  /** int64 [B,T]: the rotary position of each token, which need not be its index. */
  positions: Value;
  /** bool, broadcasts to [B,1,T,slots]: true where a query may look. */
  mask: Value;
  /**
   * bool [B,slots]: given where the mask is causal but for keys that nobody sees. An imported decoder makes its own causal
   * mask and can follow no other.
   */
  keyMask?: Value;
  /** Earlier keys and values and, bool [1,1,slots,1], the slot that this one token takes. Left out: the tokens see each other. */
  past?: { layers: readonly LayerCache[]; slot: Value };
}

/** Hidden states [B,T,D] after the final norm (of an imported decoder its logits [B,T,V], which need no head), and every layer's keys and values for a cache. */
export function decoder(
  scope: nn.Scope,
  input: DecoderInput,
  config: LlavaConfig,
): { hidden: Value; caches: LayerCache[] } {
  if (config.decoder.graph) return importedDecoder(scope, input, config);
  const { hidden, layers, normEpsilon: epsilon } = config.decoder;
  const caches: LayerCache[] = [];
  let x = input.x;
  for (let layer = 0; layer < layers; layer++) {
    const block = scope.at(`blocks.${layer}`);
    const normed = nn.rmsNorm(block.at("norm1"), x, { epsilon });
    const attended = attention(block.at("attention"), { ...input, x: normed, past: pastOf(input, layer) }, config);
    caches.push(attended.cache);
    x = op.add(x, attended.out);
    x = op.add(x, nn.swiglu(block.at("mlp"), nn.rmsNorm(block.at("norm2"), x, { epsilon }), { hidden }));
  }
  return { hidden: nn.rmsNorm(scope.at("norm"), x, { epsilon }), caches };
}

/** Logits [.., V]; the head has its own weights, or the embedding's. */
export function languageHead(scope: nn.Scope, hidden: Value, config: LlavaConfig): Value {
  const { vocabularySize, decoder } = config;
  if (decoder.graph) return hidden;
  if (!decoder.tiedHead) return nn.linear(scope.at("head"), hidden, { out: vocabularySize, bias: false });
  const outer = hidden.shape.slice(0, -1);
  const rows = op.reshape(hidden, [outer.reduce((product, count) => product * count, 1), decoder.dim]);
  return op.reshape(op.gemm(rows, embeddingTable(scope, config), { transB: true }), [...outer, vocabularySize]);
}

/** The head's matrix and its layout, for losses that multiply by it piece by piece. */
export function outputHead(scope: nn.Scope, config: LlavaConfig): { head: Value; headLayout: "in-out" | "out-in" } {
  const { vocabularySize, decoder } = config;
  if (decoder.graph) {
    throw new SpecError({
      code: "IMPORTED_DECODER_HEAD",
      message: "The head of an imported decoder is part of its graph",
      expected: "a decoder that was built here or read from a checkpoint",
      got: "an ONNX graph",
    });
  }
  if (decoder.tiedHead) return { head: embeddingTable(scope, config), headLayout: "out-in" };
  const weight = nn.init.uniform(1 / Math.sqrt(decoder.dim));
  return {
    head: scope.at("head").parameter("weight", [decoder.dim, vocabularySize], weight),
    headLayout: "in-out",
  };
}

function embeddingTable(scope: nn.Scope, { vocabularySize, decoder }: LlavaConfig): Value {
  return scope.at("embedding").parameter("weight", [vocabularySize, decoder.dim], nn.init.normal(0.02));
}

/** Embeddings [B,T,D] of token ids int64 [B,T]. */
export function embedTokens(scope: nn.Scope, tokens: Value, { vocabularySize, decoder }: LlavaConfig): Value {
  if (decoder.embedding) return importedEmbedding(scope.at("embedding"), tokens, decoder.embedding);
  return nn.embedding(scope.at("embedding"), tokens, { count: vocabularySize, dim: decoder.dim });
}

interface AttentionInput extends Omit<DecoderInput, "past"> {
  past: { cache: LayerCache; slot: Value } | null;
}

function pastOf({ past }: DecoderInput, layer: number): AttentionInput["past"] {
  return past === undefined ? null : { cache: past.layers[layer]!, slot: past.slot };
}

/** Grouped-query attention with rotary positions. */
function attention(scope: nn.Scope, { x, positions, mask, past }: AttentionInput, config: LlavaConfig) {
  const { dim, heads, kvHeads, ropeBase, qkvBias } = config.decoder;
  const [batch, length] = x.shape as [number, number];
  const width = headDim(config.decoder);
  const project = (name: string, count: number) => {
    const flat = nn.linear(scope.at(name), x, { out: count * width, bias: qkvBias });
    return op.transpose(op.reshape(flat, [batch, length, count, width]), [0, 2, 1, 3]);
  };
  const queries = nn.rotary(project("q", heads), { positions, base: ropeBase });
  const newKeys = nn.rotary(project("k", kvHeads), { positions, base: ropeBase });
  const newValues = project("v", kvHeads);
  const cache: LayerCache =
    past === null
      ? { keys: newKeys, values: newValues }
      : {
          keys: op.where(past.slot, newKeys, past.cache.keys),
          values: op.where(past.slot, newValues, past.cache.values),
        };
  const mixed = nn.sdpa(queries, cache.keys, cache.values, { mask });
  const merged = op.reshape(op.transpose(mixed, [0, 2, 1, 3]), [batch, length, heads * width]);
  return { out: nn.linear(scope.at("o"), merged, { out: dim, bias: false }), cache };
}
