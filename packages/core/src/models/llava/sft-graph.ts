import { type Graph, graph, nn, op, type Value } from "@retort/engine";
import { IGNORE_LABEL } from "../../losses/positions.ts";
import { type LlavaConfig, numImageTokens } from "./config.ts";
import { languageHead } from "./decoder.ts";
import { packedDecoder, packedText } from "./packed-decoder.ts";
import { tokenAccuracy } from "./token-accuracy.ts";
import { imageTokens } from "./vision.ts";

export { IGNORE_LABEL };

export interface SftGraphOptions {
  config: LlavaConfig;
  batchSize: number;
  /** Text tokens that follow the image tokens of one picture: all its questions, packed. */
  numTextTokens: number;
  /** Seed of the initial weights. */
  seed: number;
}

export interface SftGraph {
  graph: Graph;
  /** Mean cross-entropy over the tokens with a label. */
  loss: Value;
  /** Share of labelled tokens whose most probable prediction is right. */
  tokenAccuracy: Value;
}

/**
 * Supervised fine-tuning of image, question, answer, all weights at once. Inputs: `pixels` uint8 [B,H,W,3]; `tokens`,
 * `segments`, `positions` and `labels` int64 [B,T].
 */
export function sftGraph({ config, batchSize, numTextTokens, seed }: SftGraphOptions): SftGraph {
  const g = graph("llava-sft");
  const scope = nn.scope(g, { prefix: "", seed });
  const { imageSizePx } = config;
  const pixels = g.input("pixels", { dtype: "uint8", shape: [batchSize, imageSizePx, imageSizePx, 3] });
  const text = packedText(g, batchSize, numTextTokens);
  const labels = g.input("labels", { dtype: "int64", shape: [batchSize, numTextTokens] });
  const image = imageTokens(scope, pixels, config);
  const hidden = packedDecoder(scope.at("decoder"), { image, text }, config);
  const numImage = numImageTokens(config);
  const answers = op.slice(hidden, { axes: [1], starts: [numImage], ends: [numImage + numTextTokens] });
  const rows = batchSize * numTextTokens;
  const logits = languageHead(scope.at("decoder"), op.reshape(answers, [rows, config.decoder.dim]), config);
  const targets = op.reshape(labels, [rows]);
  return {
    graph: g,
    loss: nn.crossEntropy(logits, targets, { ignoreIndex: IGNORE_LABEL }),
    tokenAccuracy: tokenAccuracy(logits, targets),
  };
}
