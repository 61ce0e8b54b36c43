import { exportOnnx, type Graph, graph, nn, type Tensor } from "@retort/engine";
import { mergedWidth, numImageTokens } from "./config.ts";
import {
  decodeGraph,
  type GenerateGraphOptions,
  mergedDecoderGraph,
  numCacheSlots,
  numPromptSlots,
  prefillGraph,
} from "./generate-graphs.ts";
import type { LlavaModel } from "./model-file.ts";
import { pictureOptions } from "./picture.ts";
import { mergePatches, projector, visionEncoder } from "./vision.ts";

export interface PartsOptions {
  /** Longest text of a prompt. */
  numPromptTokens: number;
  numNewTokens: number;
  /** Pictures that a prompt may hold. */
  imagesPerPrompt: number;
}

export interface PartFile {
  name: string;
  contents: Uint8Array | string;
}

/** What parts.json says: how to run the files beside it, without this program. */
export interface PartsDescription {
  imageSizePx: number;
  /** How a picture becomes the square of bytes that vision.onnx reads. */
  picture: { fit: string; kernel: string; background: readonly number[] };
  imageTokensPerPicture: number;
  promptSlots: number;
  cacheSlots: number;
  layers: number;
  vocabularySize: number;
  padId: number;
  eosId: number;
  startIds: readonly number[];
}

/**
 * The model as one ONNX file a part, for any ONNX runtime: vision.onnx, projector.onnx, the decoder as prefill, as step and
 * merged with both, its tokenizer's files and parts.json, which says how they are run. Shapes are fixed by the options.
 */
export function exportParts(model: LlavaModel, options: PartsOptions): PartFile[] {
  const { config, weights, tokenizer } = model;
  const graphs: GenerateGraphOptions = { config, batchSize: 1, ...options };
  const onnx = (name: string, g: Graph): PartFile => ({ name, contents: exportOnnx(g, { weights }) });
  const description: PartsDescription = {
    imageSizePx: config.imageSizePx,
    picture: pictureOptions(config),
    imageTokensPerPicture: numImageTokens(config),
    promptSlots: numPromptSlots(graphs),
    cacheSlots: numCacheSlots(graphs),
    layers: config.decoder.layers,
    vocabularySize: config.vocabularySize,
    padId: tokenizer.padId,
    eosId: tokenizer.eosId,
    startIds: tokenizer.startIds,
  };
  return [
    onnx("vision.onnx", encoderGraph(model)),
    onnx("projector.onnx", projectorGraph(model)),
    onnx("decoder_prefill.onnx", prefillGraph(graphs)),
    onnx("decoder_step.onnx", decodeGraph(graphs)),
    onnx("decoder_merged.onnx", mergedDecoderGraph(graphs)),
    { name: "parts.json", contents: JSON.stringify(description, null, 2) },
    { name: "config.json", contents: JSON.stringify(config, null, 2) },
    ...tokenizerFiles(model),
  ];
}

/** `pixels` uint8 [1,H,W,3] -> `features` [1, imageTokens, merged width]. */
function encoderGraph({ config }: LlavaModel): Graph {
  const g = graph("llava-encoder");
  const { imageSizePx } = config;
  const pixels = g.input("pixels", { dtype: "uint8", shape: [1, imageSizePx, imageSizePx, 3] });
  g.output("features", mergePatches(visionEncoder(hollow(g).at("vision"), pixels, config), config));
  return g;
}

/** `features` [1, imageTokens, merged width] -> `image` [1, imageTokens, D]. */
function projectorGraph({ config }: LlavaModel): Graph {
  const g = graph("llava-projector");
  const shape = [1, numImageTokens(config), mergedWidth(config)];
  g.output("image", projector(hollow(g).at("projector"), g.input("features", { dtype: "float32", shape }), config));
  return g;
}

const hollow = (g: Graph): nn.Scope => nn.scope(g, { hollow: true });

/** tokenizer.json and tokenizer_config.json where a hub's library can read them, else the tokenizer's own JSON. */
function tokenizerFiles({ tokenizer }: LlavaModel): PartFile[] {
  const json: { type: string; tokenizer?: unknown; config?: unknown } = tokenizer.toJSON();
  if (json.type !== "hub") return [{ name: `tokenizer.${json.type}.json`, contents: JSON.stringify(json) }];
  return [
    { name: "tokenizer.json", contents: JSON.stringify(json.tokenizer) },
    { name: "tokenizer_config.json", contents: JSON.stringify(json.config, null, 2) },
  ];
}

/** Numbers in weights whose name begins so. */
export function countWeights(weights: ReadonlyMap<string, Tensor>, prefix: string): number {
  let count = 0;
  for (const [name, { data }] of weights) if (name.startsWith(prefix)) count += data.length;
  return count;
}
