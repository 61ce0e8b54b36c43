import { graph, nn } from "@retort/engine";
import { type LlavaConfig, numVisionFeatures } from "./config.ts";
import { decoder, embedTokens, languageHead } from "./decoder.ts";
import { projector, visionEncoder } from "./vision.ts";

export interface ParameterCounts {
  /** Up to the block whose output is read. */
  vision: number;
  projector: number;
  /** Embedding and head included; a tied table counts once. */
  decoder: number;
}

/** Weights of each part of a model, counted without making them. */
export function parameterCounts(config: LlavaConfig): ParameterCounts {
  const { imageSizePx } = config;
  return {
    vision: counted((scope) => {
      const pixels = scope.graph.input("pixels", { dtype: "uint8", shape: [1, imageSizePx, imageSizePx, 3] });
      visionEncoder(scope, pixels, config);
    }),
    projector: counted((scope) => {
      const shape = [1, numVisionFeatures(config), config.vision.dim];
      projector(scope, scope.graph.input("features", { dtype: "float32", shape }), config);
    }),
    decoder: counted((scope) => {
      const g = scope.graph;
      const tokens = g.input("tokens", { dtype: "int64", shape: [1, 1] });
      const mask = g.constant({ dtype: "bool", shape: [1, 1, 1, 1], data: Uint8Array.of(1) });
      const { hidden } = decoder(scope, { x: embedTokens(scope, tokens, config), positions: tokens, mask }, config);
      languageHead(scope, hidden, config);
    }),
  };
}

function counted(build: (scope: nn.Scope) => void): number {
  const g = graph("count");
  build(nn.scope(g, { hollow: true }));
  let total = 0;
  for (const { shape } of g.parameters.values()) total += shape.reduce((product, size) => product * size, 1);
  return total;
}
