import { type Graph, graph, nn, op, type Value } from "@retort/engine";
import { headDim, type LlavaConfig, numImageTokens } from "./config.ts";
import { decoder, embedTokens, type LayerCache, languageHead } from "./decoder.ts";
import { imageTokens } from "./vision.ts";

export interface GenerateGraphOptions {
  config: LlavaConfig;
  batchSize: number;
  /** Text slots of the prompt; shorter questions are padded on the right. */
  numPromptTokens: number;
  /** Most tokens that are generated. */
  numNewTokens: number;
}

/** Slots of the cache: image, prompt, and every new token but the last, which nobody looks at. */
export function numCacheSlots({ config, numPromptTokens, numNewTokens }: GenerateGraphOptions): number {
  return numImageTokens(config) + numPromptTokens + numNewTokens - 1;
}

// The weights are put in by name when a graph is compiled.
const scopeOf = (g: Graph) => nn.scope(g, { hollow: true });

/** `pixels` uint8 [B,H,W,3] -> `image` [B, imageTokens, D]. */
export function visionGraph(config: LlavaConfig, batchSize: number): Graph {
  const g = graph("llava-vision");
  const pixels = g.input("pixels", { dtype: "uint8", shape: [batchSize, config.imageSizePx, config.imageSizePx, 3] });
  g.output("image", imageTokens(scopeOf(g), pixels, config));
  return g;
}

/**
 * Reads image and question. `image` [B,I,D], `tokens` int64 [B,T], `lengths` int64 [B] (tokens before the padding) ->
 * `logits` [B,V] after each question's last token, and per layer `new_keys.l`, `new_values.l` [B, kvHeads, slots, head dim].
 */
export function prefillGraph(options: GenerateGraphOptions): Graph {
  const { config, batchSize, numPromptTokens } = options;
  const g = graph("llava-prefill");
  const numImage = numImageTokens(config);
  const image = g.input("image", { dtype: "float32", shape: [batchSize, numImage, config.decoder.dim] });
  const { logits, caches } = readPrompt(scopeOf(g).at("decoder"), image, { config, batchSize, numPromptTokens });
  g.output("logits", logits);
  const numFree = numCacheSlots(options) - numImage - numPromptTokens;
  writeCaches(g, caches, (value) => {
    if (numFree === 0) return value;
    const [batch, kvHeads, , width] = value.shape as [number, number, number, number];
    return op.concat([value, g.zeros({ dtype: "float32", shape: [batch, kvHeads, numFree, width] })], 2);
  });
  return g;
}

/** The whole model as it is exported: `pixels` uint8 [1,H,W,3], `tokens` int64 [1,T], `lengths` int64 [1] -> `logits` [1,V]. */
export function answerGraph(config: LlavaConfig, numPromptTokens: number): Graph {
  const g = graph("llava");
  const { imageSizePx } = config;
  const pixels = g.input("pixels", { dtype: "uint8", shape: [1, imageSizePx, imageSizePx, 3] });
  const image = imageTokens(scopeOf(g), pixels, config);
  const { logits } = readPrompt(scopeOf(g).at("decoder"), image, { config, batchSize: 1, numPromptTokens });
  g.output("logits", logits);
  return g;
}

/** Adds the inputs `tokens` and `lengths`, and what the decoder makes of them behind the image tokens. */
function readPrompt(scope: nn.Scope, image: Value, options: Omit<GenerateGraphOptions, "numNewTokens">) {
  const { config, batchSize, numPromptTokens } = options;
  const g = scope.graph;
  const numImage = numImageTokens(config);
  const total = numImage + numPromptTokens;
  const tokens = g.input("tokens", { dtype: "int64", shape: [batchSize, numPromptTokens] });
  const lengths = g.input("lengths", { dtype: "int64", shape: [batchSize] });
  const positions = BigInt64Array.from({ length: batchSize * total }, (_, index) => BigInt(index % total));
  // Padding stands behind everything that is read, so a causal mask hides it.
  const causal = Uint8Array.from({ length: total * total }, (_, index) =>
    index % total <= Math.floor(index / total) ? 1 : 0,
  );
  const { hidden, caches } = decoder(
    scope,
    {
      x: op.concat([image, embedTokens(scope, tokens, config)], 1),
      positions: g.constant({ dtype: "int64", shape: [batchSize, total], data: positions }),
      mask: g.constant({ dtype: "bool", shape: [1, 1, total, total], data: causal }),
    },
    config,
  );
  const last = op.add(lengths, numImage - 1);
  const index = op.expand(op.reshape(last, [batchSize, 1, 1]), [batchSize, 1, config.decoder.dim]);
  const rows = op.reshape(op.gatherElements(hidden, index, { axis: 1 }), [batchSize, config.decoder.dim]);
  return { logits: languageHead(scope, rows, config), caches };
}

/**
 * One more token. `token` int64 [B,1], `positions` int64 [B,1], `slot` int64 [1], `visible` bool [B, slots] and the
 * caches -> `logits` [B,V] and the caches with the token's keys and values in their slot.
 */
export function decodeGraph(options: GenerateGraphOptions): Graph {
  const { config, batchSize } = options;
  const { kvHeads, layers } = config.decoder;
  const g = graph("llava-decode");
  const scope = scopeOf(g).at("decoder");
  const slots = numCacheSlots(options);
  const token = g.input("token", { dtype: "int64", shape: [batchSize, 1] });
  const positions = g.input("positions", { dtype: "int64", shape: [batchSize, 1] });
  const slot = g.input("slot", { dtype: "int64", shape: [1] });
  const visible = g.input("visible", { dtype: "bool", shape: [batchSize, slots] });
  const cache = { dtype: "float32", shape: [batchSize, kvHeads, slots, headDim(config.decoder)] } as const;
  const past: LayerCache[] = Array.from({ length: layers }, (_, layer) => ({
    keys: g.input(`keys.${layer}`, cache),
    values: g.input(`values.${layer}`, cache),
  }));
  const numbers = g.constant({
    dtype: "int64",
    shape: [1, 1, slots, 1],
    data: BigInt64Array.from({ length: slots }, (_, i) => BigInt(i)),
  });
  const { hidden, caches } = decoder(
    scope,
    {
      x: embedTokens(scope, token, config),
      positions,
      mask: op.reshape(visible, [batchSize, 1, 1, slots]),
      past: { layers: past, slot: op.equal(numbers, slot) },
    },
    config,
  );
  g.output("logits", op.reshape(languageHead(scope, hidden, config), [batchSize, config.vocabularySize]));
  writeCaches(g, caches, (value) => value);
  return g;
}

function writeCaches(g: Graph, caches: readonly LayerCache[], finish: (value: Value) => Value): void {
  caches.forEach(({ keys, values }, layer) => {
    g.output(`new_keys.${layer}`, finish(keys));
    g.output(`new_values.${layer}`, finish(values));
  });
}
