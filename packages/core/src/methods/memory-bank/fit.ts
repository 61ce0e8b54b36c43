// [node]
import { graph, nn, op, type Value } from "@retort/engine";
import { detectorGraph, type FittedDetector, highest } from "../patch-detection/detector.ts";
import { finishedMap, layerFeatures } from "../patch-detection/patch-features.ts";
import { type FeatureHost, samplePatches } from "../patch-detection/train-features.ts";
import { type FitOptions, prefixed } from "../patchcore/fit.ts";
import type { MemoryBankParams } from "./params.ts";

const BATCH_SIZE = 2;
const ENCODE_BATCH_SIZE = 8;

/**
 * Remembers the patches of a few pictures; a patch's score is 1 - its highest cosine with them, layers averaged, and an image's
 * score is its map's highest value. Source: APRIL-GAN and WinCLIP, their few-shot half without text.
 */
export async function fitMemoryBank(options: FitOptions<MemoryBankParams>, host: FeatureHost): Promise<FittedDetector> {
  const { tower, params, images, rng, provider, threads } = options;
  const { imageSizePx, layers } = params.features;
  const encode = (batchSize: number) => {
    const g = graph("patch directions");
    const image = g.input("image", { dtype: "uint8", shape: [batchSize, imageSizePx, imageSizePx, 3] });
    const p = nn.scope(g, { weights: tower.weights, trainable: false });
    for (const { layer, values } of layerFeatures(p, image, tower.config, params.features)) {
      g.output(`layer${layer}`, direction(values));
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
          return finishedMap(distanceToNearest(direction(values), rows), grid, params.features);
        });
        const map = op.mul(maps.length === 1 ? maps[0]! : op.sum(...maps), 1 / layers.length);
        return { map, score: highest(map) };
      }),
  };
}

/** Unit vectors along the last axis. */
function direction(values: Value): Value {
  const norm = op.sqrt(op.reduceSumSquare(values, { axes: [-1], keepdims: true }));
  return op.div(values, op.max(norm, 1e-6));
}

/** 1 - the highest cosine of unit vectors [B,P,D] with unit rows [M,D]: [B,P]. */
function distanceToNearest(features: Value, rows: Value): Value {
  const [batch, numPatches, dim] = features.shape as [number, number, number];
  const cosines = op.matMul(op.reshape(features, [batch * numPatches, dim]), op.transpose(rows, [1, 0]));
  return op.reshape(op.sub(1, op.reduceMax(cosines, { axes: [1] })), [batch, numPatches]);
}
