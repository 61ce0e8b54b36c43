// [node]
import { graph, nn, op } from "@retort/engine";
import { detectorGraph, type FittedDetector, highest } from "../patch-detection/detector.ts";
import { finishedMap, layerFeatures } from "../patch-detection/patch-features.ts";
import { type FeatureHost, samplePatches } from "../patch-detection/train-features.ts";
import { type FitOptions, prefixed } from "../patchcore/fit.ts";
import { compared, distanceToNearest } from "./nearest-distance.ts";
import type { MemoryBankParams } from "./params.ts";

const BATCH_SIZE = 2;
const ENCODE_BATCH_SIZE = 8;

/**
 * Remembers the patches of a few pictures; a patch's score is its distance to the nearest of them (1 - cosine unless the parameters say
 * otherwise), layers averaged, and an image's score is its map's highest value. Source: APRIL-GAN and WinCLIP, their few-shot half
 * without text.
 */
export async function fitMemoryBank(options: FitOptions<MemoryBankParams>, host: FeatureHost): Promise<FittedDetector> {
  const { tower, params, images, rng, provider, threads } = options;
  const { distance } = params;
  const { imageSizePx, layers } = params.features;
  const encode = (batchSize: number) => {
    const g = graph("remembered patches");
    const image = g.input("image", { dtype: "uint8", shape: [batchSize, imageSizePx, imageSizePx, 3] });
    const p = nn.scope(g, { weights: tower.weights, trainable: false });
    for (const { layer, values } of layerFeatures(p, image, tower.config, params.features)) {
      g.output(`layer${layer}`, compared(values, distance));
    }
    return g;
  };
  const memory = await samplePatches(
    { images, imageSizePx, batchSize: ENCODE_BATCH_SIZE, provider, threads, graph: encode },
    { maxPatches: params.maxPatches, rng: rng.stream("memory") },
    host,
  );
  return {
    imageSizePx,
    batchSize: BATCH_SIZE,
    graph: (batchSize) =>
      detectorGraph({ name: "memory bank", imageSizePx, batchSize }, (image) => {
        const p = nn.scope(image.graph, { prefix: "image.", weights: prefixed(tower.weights), trainable: false });
        const maps = layerFeatures(p, image, tower.config, params.features).map(({ layer, grid, values }) => {
          const { data, numRows, dim } = memory[`layer${layer}`]!;
          const tensor = { dtype: "float32", shape: [numRows, dim], data } as const;
          const rows = image.graph.parameter(`memory.layer${layer}`, tensor, { trainable: false });
          return finishedMap(distanceToNearest(compared(values, distance), rows, distance), grid, params.features);
        });
        const map = op.mul(maps.length === 1 ? maps[0]! : op.sum(...maps), 1 / layers.length);
        return { map, score: highest(map) };
      }),
  };
}
