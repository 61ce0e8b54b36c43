import { type Graph, graph, nn, op, type Value } from "@retort/engine";
import { type Carried, roundLoop } from "../../base/round-loop.ts";
import { headDim, type LlavaConfig, mergedWidth, numImageTokens } from "./config.ts";
import { decoder, embedTokens, type LayerCache, languageHead } from "./decoder.ts";
import { imageTokens, projector } from "./vision.ts";

export interface GenerateGraphOptions {
  config: LlavaConfig;
  batchSize: number;
  /** Pictures that one prompt may hold, wherever they stand in it; default 1, and 0 for a language model by itself. */
  imagesPerPrompt?: number;
  /** Text slots of the prompt; shorter prompts are padded on the right. */
  numPromptTokens: number;
  /** Most tokens that are generated. */
  numNewTokens: number;
}

/** Slots of a prompt: its text and the image tokens of its pictures. */
export function numPromptSlots({ config, imagesPerPrompt = 1, numPromptTokens }: PromptOptions): number {
  return imagesPerPrompt * numImageTokens(config) + numPromptTokens;
}

/** Slots of the cache: the prompt and every new token but the last, which nobody looks at. */
export function numCacheSlots(options: GenerateGraphOptions): number {
  return numPromptSlots(options) + options.numNewTokens - 1;
}

/** Rows of image tokens that a batch is fed: at least one, since a tensor without elements is no input. */
export function numFeatureRows({ config, batchSize, imagesPerPrompt = 1 }: GenerateGraphOptions): number {
  return Math.max(1, batchSize * imagesPerPrompt * numImageTokens(config));
}

type PromptOptions = Omit<GenerateGraphOptions, "batchSize" | "numNewTokens">;

// The weights are put in by name when a graph is compiled.
const scopeOf = (g: Graph): nn.Scope => nn.scope(g, { hollow: true });

/** `pixels` uint8 [B,H,W,3] -> `image` [B, imageTokens, D]. */
export function visionGraph(config: LlavaConfig, batchSize: number): Graph {
  const g = graph("llava-vision");
  const pixels = g.input("pixels", { dtype: "uint8", shape: [batchSize, config.imageSizePx, config.imageSizePx, 3] });
  g.output("image", imageTokens(scopeOf(g), pixels, config));
  return g;
}

/** `features` float16 [B, imageTokens, mergedWidth], as a vision-features stage keeps them -> `image` [B, imageTokens, D]. */
export function projectionGraph(config: LlavaConfig, batchSize: number): Graph {
  const g = graph("llava-projector");
  const shape = [batchSize, numImageTokens(config), mergedWidth(config)];
  const features = op.cast(g.input("features", { dtype: "float16", shape }), "float32");
  g.output("image", projector(scopeOf(g).at("projector"), features, config));
  return g;
}

/**
 * Reads prompts of text and pictures. `features` [F,D] are the image tokens of the batch's pictures; `tokens` int64 [B,P];
 * `feature_index` int64 [B,P] is the row of `features` that stands at a slot, -1 for text; `lengths` int64 [B] counts the
 * slots before the padding -> `logits` [B,V] after each prompt's last slot, and per layer `new_keys.l`, `new_values.l`
 * [B, kvHeads, slots, head dim].
 */
export function prefillGraph(options: GenerateGraphOptions): Graph {
  const g = graph("llava-prefill");
  giveOut(g, readPrompts(scopeOf(g).at("decoder"), promptInputs(g, options), options));
  return g;
}

interface PromptInputs {
  features: Value;
  tokens: Value;
  featureIndex: Value;
  lengths: Value;
}

function promptInputs(g: Graph, options: GenerateGraphOptions): PromptInputs {
  const { config, batchSize } = options;
  const slots = { dtype: "int64", shape: [batchSize, numPromptSlots(options)] } as const;
  return {
    features: g.input("features", { dtype: "float32", shape: [numFeatureRows(options), config.decoder.dim] }),
    tokens: g.input("tokens", slots),
    featureIndex: g.input("feature_index", slots),
    lengths: g.input("lengths", { dtype: "int64", shape: [batchSize] }),
  };
}

function readPrompts(scope: nn.Scope, inputs: PromptInputs, options: GenerateGraphOptions): Outputs {
  const { config } = options;
  const { features, tokens, featureIndex, lengths } = inputs;
  const x = withFeatures(embedTokens(scope, tokens, config), features, featureIndex);
  const { logits, caches } = readCausally(scope, x, { config, lengths });
  const numFree = numCacheSlots(options) - numPromptSlots(options);
  const filled = (value: Value) => {
    if (numFree === 0) return value;
    const [batch, kvHeads, , width] = value.shape as [number, number, number, number];
    return op.concat([value, value.graph.zeros({ dtype: "float32", shape: [batch, kvHeads, numFree, width] })], 2);
  };
  return { logits, ...cacheOutputs(caches, filled) };
}

/** Embeddings [B,T,D] of text, replaced by rows of `features` [F,D] where `index` int64 [B,T] names one. */
export function withFeatures(embedded: Value, features: Value, index: Value): Value {
  const isImage = op.unsqueeze(op.greaterOrEqual(index, 0), [2]);
  return op.where(isImage, op.gather(features, op.max(index, 0)), embedded);
}

/**
 * The whole model as it is exported: `pixels` uint8 [1,H,W,3], `tokens` int64 [1,T], `lengths` int64 [1] -> `logits` [1,V].
 * `weightsOf` gives the scope that the weights come from; without it they come when the graph is written or compiled.
 */
export function answerGraph(config: LlavaConfig, numPromptTokens: number, weightsOf = scopeOf): Graph {
  const g = graph("llava");
  const { imageSizePx } = config;
  const pixels = g.input("pixels", { dtype: "uint8", shape: [1, imageSizePx, imageSizePx, 3] });
  const whole = weightsOf(g);
  const image = imageTokens(whole, pixels, config);
  const scope = whole.at("decoder");
  const tokens = g.input("tokens", { dtype: "int64", shape: [1, numPromptTokens] });
  const lengths = op.add(g.input("lengths", { dtype: "int64", shape: [1] }), numImageTokens(config));
  const x = op.concat([image, embedTokens(scope, tokens, config)], 1);
  g.output("logits", readCausally(scope, x, { config, lengths }).logits);
  return g;
}

/** What the decoder makes of x [B,T,D]: logits [B,V] after slot `lengths` - 1 of each row, and the caches. */
function readCausally(scope: nn.Scope, x: Value, { config, lengths }: { config: LlavaConfig; lengths: Value }) {
  const g = scope.graph;
  const [batch, total] = x.shape as [number, number];
  const positions = BigInt64Array.from({ length: batch * total }, (_, index) => BigInt(index % total));
  // Padding stands behind everything that is read, so a causal mask hides it.
  const causal = Uint8Array.from({ length: total * total }, (_, index) =>
    index % total <= Math.floor(index / total) ? 1 : 0,
  );
  const { hidden, caches } = decoder(
    scope,
    {
      x,
      positions: g.constant({ dtype: "int64", shape: [batch, total], data: positions }),
      mask: g.constant({ dtype: "bool", shape: [1, 1, total, total], data: causal }),
      keyMask: g.constant({ dtype: "bool", shape: [batch, total], data: new Uint8Array(batch * total).fill(1) }),
    },
    config,
  );
  const width = hidden.shape[2]!;
  const index = op.expand(op.reshape(op.sub(lengths, 1), [batch, 1, 1]), [batch, 1, width]);
  const rows = op.reshape(op.gatherElements(hidden, index, { axis: 1 }), [batch, width]);
  return { logits: languageHead(scope, rows, config), caches };
}

/**
 * One more token. `token` int64 [B,1], `positions` int64 [B,1], `slot` int64 [1], `visible` bool [B, slots] and the
 * caches -> `logits` [B,V] and the caches with the token's keys and values in their slot.
 */
export function decodeGraph(options: GenerateGraphOptions): Graph {
  const g = graph("llava-decode");
  giveOut(g, nextToken(scopeOf(g).at("decoder"), stepInputs(g, options), options));
  return g;
}

/**
 * All tokens after the first, one a round, until every answer has ended. `token` int64 [B,1] is the first, `open` bool [B] where no end has
 * been met, `lengths` int64 [B] the prompts' slots, `visible` bool [B, slots] and the caches as prefillGraph() leaves them -> `tokens`
 * int64 [B, numNewTokens − 1], the most probable ones, `eosId` where no round came to. One run for a whole answer: of a small model each
 * run's way from JavaScript and back costs more than the token.
 */
export function decodeLoopGraph(options: GenerateGraphOptions, eosId: number): Graph {
  const g = graph("llava-decode-loop");
  const { batchSize, numNewTokens } = options;
  const [slots, numRounds] = [numCacheSlots(options), numNewTokens - 1];
  const scope = scopeOf(g).at("decoder");
  const numbers = (count: number) =>
    g.constant({ dtype: "int64", shape: [1, count], data: BigInt64Array.from({ length: count }, (_, i) => BigInt(i)) });
  const [slotNumbers, roundNumbers] = [numbers(slots), numbers(numRounds)];
  const lengths = op.reshape(g.input("lengths", { dtype: "int64", shape: [batchSize] }), [batchSize, 1]);
  const first = g.input("token", { dtype: "int64", shape: [batchSize, 1] });
  const firstOpen = g.input("open", { dtype: "bool", shape: [batchSize] });
  const seen = g.input("visible", { dtype: "bool", shape: [batchSize, slots] });
  const past = cacheInputs(g, options);
  const none = g.constant({
    dtype: "int64",
    shape: [batchSize, numRounds],
    data: new BigInt64Array(batchSize * numRounds).fill(BigInt(eosId)),
  });
  const results = roundLoop(g, numRounds, ({ index, carry }) => {
    const [tokens, token, open, visible] = [carry(none), carry(first), carry(firstOpen), carry(seen)];
    const caches = past.map(({ keys, values }) => ({ keys: carry(keys), values: carry(values) }));
    const slot = op.reshape(op.add(index, numPromptSlots(options)), [1]);
    const nowVisible = op.or(visible.held, op.equal(slotNumbers, slot));
    const outputs = nextToken(
      scope,
      {
        token: token.held,
        positions: op.add(lengths, index),
        slot,
        visible: nowVisible,
        past: caches.map(({ keys, values }) => ({ keys: keys.held, values: values.held })),
      },
      options,
    );
    const next = op.argMax(outputs.logits!, { axis: 1, keepdims: true });
    const stillOpen = op.and(open.held, op.not(op.equal(op.reshape(next, [batchSize]), eosId)));
    const written = op.where(op.equal(roundNumbers, index), next, tokens.held);
    const carried: [Carried, Value][] = [
      [tokens, written],
      [token, next],
      [open, stillOpen],
      [visible, nowVisible],
      ...caches.flatMap(({ keys, values }, layer): [Carried, Value][] => [
        [keys, outputs[`new_keys.${layer}`]!],
        [values, outputs[`new_values.${layer}`]!],
      ]),
    ];
    return {
      carried: carried.map(([each, after]) => ({ ...each, next: after })),
      scanned: [],
      goOn: op.cast(op.reduceMax(op.cast(stillOpen, "int32")), "bool"),
    };
  });
  g.output("tokens", results[0]!);
  return g;
}

interface StepInputs {
  token: Value;
  positions: Value;
  slot: Value;
  visible: Value;
  past: readonly LayerCache[];
}

function stepInputs(g: Graph, options: GenerateGraphOptions): StepInputs {
  const { batchSize } = options;
  const slots = numCacheSlots(options);
  return {
    token: g.input("token", { dtype: "int64", shape: [batchSize, 1] }),
    positions: g.input("positions", { dtype: "int64", shape: [batchSize, 1] }),
    slot: g.input("slot", { dtype: "int64", shape: [1] }),
    visible: g.input("visible", { dtype: "bool", shape: [batchSize, slots] }),
    past: cacheInputs(g, options),
  };
}

function cacheInputs(g: Graph, options: GenerateGraphOptions): LayerCache[] {
  const { config, batchSize } = options;
  const shape = [batchSize, config.decoder.kvHeads, numCacheSlots(options), headDim(config.decoder)];
  return Array.from({ length: config.decoder.layers }, (_, layer) => ({
    keys: g.input(`keys.${layer}`, { dtype: "float32", shape }),
    values: g.input(`values.${layer}`, { dtype: "float32", shape }),
  }));
}

function nextToken(scope: nn.Scope, inputs: StepInputs, options: GenerateGraphOptions): Outputs {
  const { config, batchSize } = options;
  const { token, positions, slot, visible, past } = inputs;
  const slots = numCacheSlots(options);
  const numbers = scope.graph.constant({
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
      keyMask: visible,
      past: { layers: past, slot: op.equal(numbers, slot) },
    },
    config,
  );
  const logits = op.reshape(languageHead(scope, hidden, config), [batchSize, config.vocabularySize]);
  return { logits, ...cacheOutputs(caches, (value) => value) };
}

/**
 * Both in one file that holds the weights once: with `use_cache` bool [1] false what prefillGraph() does, else what
 * decodeGraph() does; the inputs of the other are not looked at.
 */
export function mergedDecoderGraph(options: GenerateGraphOptions): Graph {
  const g = graph("llava-decoder");
  const useCache = g.input("use_cache", { dtype: "bool", shape: [1] });
  const prompt = promptInputs(g, options);
  const step = stepInputs(g, options);
  // Weights belong to the graph around; a branch's own arithmetic begins at an Identity inside it.
  const scope = scopeOf(g).at("decoder");
  const branch = <I extends object>(name: string, inputs: I, build: (inputs: I) => Outputs): [Graph, string[]] => {
    const inner = g.subgraph(name);
    const entered = (value: Value) => inner.add("Identity", [value])[0] as Value;
    const outputs = build(mapValues(inputs, entered));
    giveOut(inner, outputs);
    return [inner, Object.keys(outputs)];
  };
  const [then_branch, names] = branch("step", step, (inputs) => nextToken(scope, inputs, options));
  const [else_branch] = branch("prefill", prompt, (inputs) => readPrompts(scope, inputs, options));
  const results = g.add("If", [useCache], { then_branch, else_branch }, { numOutputs: names.length });
  giveOut(g, Object.fromEntries(names.map((name, i) => [name, results[i]!])));
  return g;
}

/** The same shape with every value in it replaced. */
function mapValues<T>(tree: T, replace: (value: Value) => Value): T {
  if (Array.isArray(tree)) return tree.map((each) => mapValues(each, replace)) as T;
  if (typeof tree === "object" && tree !== null && "producer" in tree) return replace(tree as unknown as Value) as T;
  const entries = Object.entries(tree as object).map(([key, value]) => [key, mapValues(value, replace)]);
  return Object.fromEntries(entries) as T;
}

type Outputs = Readonly<Record<string, Value>>;

function giveOut(g: Graph, outputs: Outputs): void {
  for (const [name, value] of Object.entries(outputs)) g.output(name, value);
}

function cacheOutputs(caches: readonly LayerCache[], finish: (value: Value) => Value): Outputs {
  return Object.fromEntries(
    caches.flatMap(({ keys, values }, layer) => [
      [`new_keys.${layer}`, finish(keys)],
      [`new_values.${layer}`, finish(values)],
    ]),
  );
}
