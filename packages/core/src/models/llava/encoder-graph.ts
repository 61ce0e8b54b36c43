import { type Graph, graph, nn, op, type Value } from "@retort/engine";
import type { EncoderConfig, FeaturesConfig } from "./config.ts";
import { mergePatches, visionEncoder } from "./vision.ts";

export interface ClassifierGraphOptions {
  config: EncoderConfig;
  batchSize: number;
  numClasses: number;
  labelSmoothing: number;
  /** Seed of the initial weights. */
  seed: number;
}

/**
 * Supervised training of a vision encoder: the mean of its patch features names the class. Inputs: `pixels` uint8 [B,H,W,3],
 * `labels` int64 [B]. The encoder's parameters stand under "vision.", the classifier's under "classifier.".
 */
export function classifierGraph(options: ClassifierGraphOptions): { graph: Graph; loss: Value; accuracy: Value } {
  const { config, batchSize, numClasses, labelSmoothing, seed } = options;
  const g = graph("vision-pretrain");
  const scope = nn.scope(g, { prefix: "", seed });
  const pixels = g.input("pixels", { dtype: "uint8", shape: [batchSize, config.imageSizePx, config.imageSizePx, 3] });
  const labels = g.input("labels", { dtype: "int64", shape: [batchSize] });
  const pooled = op.reduceMean(visionEncoder(scope.at("vision"), pixels, config), { axes: [1], keepdims: false });
  const logits = nn.linear(scope.at("classifier"), pooled, { out: numClasses, bias: true });
  const right = op.equal(op.argMax(logits, { axis: 1, keepdims: false }), labels);
  return {
    graph: g,
    loss: nn.crossEntropy(logits, labels, { ignoreIndex: null, labelSmoothing }),
    accuracy: op.reduceMean(op.cast(right, "float32"), { keepdims: false }),
  };
}

/** `pixels` uint8 [B,H,W,3] -> `features` float16 [B, imageTokens, mergedWidth]: what the projector reads. */
export function featuresGraph(config: FeaturesConfig, batchSize: number): Graph {
  const g = graph("vision-features");
  const pixels = g.input("pixels", { dtype: "uint8", shape: [batchSize, config.imageSizePx, config.imageSizePx, 3] });
  const scope = nn.scope(g, { prefix: "", seed: 0 });
  g.output("features", op.cast(mergePatches(visionEncoder(scope.at("vision"), pixels, config), config), "float16"));
  return g;
}

/** `pixels` uint8 [1,H,W,3] -> `features` [1, patches, dim]: the encoder as it is exported. */
export function encoderGraph(config: EncoderConfig): Graph {
  const g = graph("vision-encoder");
  const pixels = g.input("pixels", { dtype: "uint8", shape: [1, config.imageSizePx, config.imageSizePx, 3] });
  g.output("features", visionEncoder(nn.scope(g, { prefix: "vision.", seed: 0 }), pixels, config));
  return g;
}
