// [node]
import { exportOnnx, type Graph, graph, op, type Value } from "@retort/engine";
import { batched, type Provider } from "@retort/engine/node";
import type { WholePictureScorer } from "../anomaly-evaluation/scorer.ts";

/** A fitted detector: its graph has the input `image` uint8 [B,S,S,3] and the outputs `map` [B,h,w] and `score` [B]. */
export interface FittedDetector {
  imageSizePx: number;
  /** Pictures that are scored together. */
  batchSize: number;
  graph(batchSize: number): Graph;
}

export interface DetectorGraphOptions {
  name: string;
  imageSizePx: number;
  batchSize: number;
}

/** The frame of every detector's graph; `score` makes map and score of the pixels. */
export function detectorGraph(
  { name, imageSizePx, batchSize }: DetectorGraphOptions,
  score: (image: Value) => { map: Value; score: Value },
): Graph {
  const g = graph(name);
  const image = g.input("image", { dtype: "uint8", shape: [batchSize, imageSizePx, imageSizePx, 3] });
  const outputs = score(image);
  g.output("map", outputs.map);
  g.output("score", outputs.score);
  return g;
}

/** The highest value of each map: [B,h,w] -> [B]. */
export const highest = (map: Value): Value => op.reduceMax(map, { axes: [1, 2] });

/** One deployable ONNX file: `image` uint8 [1,S,S,3] -> `map` [1,S,S], `score` [1]. */
export const exportDetector = (detector: FittedDetector): Uint8Array => exportOnnx(detector.graph(1));

/** The detector as the evaluation sees it. Whoever makes it disposes. */
export function detectorScorer(
  { imageSizePx, batchSize, graph: build }: FittedDetector,
  settings: { provider: Provider; threads: number },
): WholePictureScorer & { dispose(): Promise<void> } {
  const program = batched(build, { batchSize, ...settings });
  return {
    imageSizePx,
    batchSize,
    async score(pixels, numImages) {
      const image = { dtype: "uint8", shape: [numImages, imageSizePx, imageSizePx, 3], data: pixels } as const;
      const { map, score } = await program.run({ image });
      const [, height, width] = map!.shape as [number, number, number];
      return { maps: map!.data as Float32Array, width, height, scores: score!.data as Float32Array };
    },
    dispose: () => program.dispose(),
  };
}
