// [node]
import { nn, op, type Value } from "@retort/engine";
import { imageTower } from "../../models/clip/image-tower.ts";
import type { TextTower } from "../../models/clip/text-file.ts";
import { detectorGraph, type FittedDetector } from "../patch-detection/detector.ts";
import { finishedMap } from "../patch-detection/patch-features.ts";
import { type FitOptions, prefixed } from "../patchcore/fit.ts";
import type { ZeroShotParams } from "./params.ts";
import { prompts } from "./prompts.ts";
import { meanDirection } from "./text-embeddings.ts";

const BATCH_SIZE = 8;

/**
 * Compares patches and the whole image with the mean prompts for good and for defective: the score is the softmax's share of the
 * second. Learns nothing. Source: WinCLIP without its windows, APRIL-GAN without its learnt layers.
 */
export async function zeroShotDetector(
  options: FitOptions<ZeroShotParams> & { text: TextTower },
): Promise<FittedDetector> {
  const { tower, text, params, category, provider, threads } = options;
  const { imageSizePx, layers } = params.features;
  const thing = category?.replaceAll(/[_-]+/g, " ") ?? params.objectWords;
  const [good, bad] = await Promise.all(
    [params.normalStates, params.abnormalStates].map((states) =>
      meanDirection(text, prompts(thing, states, params.templates), { provider, threads }),
    ),
  );
  return {
    imageSizePx,
    batchSize: BATCH_SIZE,
    graph: (batchSize) =>
      detectorGraph({ name: "zero-shot", imageSizePx, batchSize }, (image) => {
        const g = image.graph;
        const p = nn.scope(g, { prefix: "image.", weights: prefixed(tower.weights), trainable: false });
        const features = imageTower(p, image, tower.config, { layers });
        const difference = op.sub(
          g.parameter("prompts.abnormal", bad!, { trainable: false }),
          g.parameter("prompts.normal", good!, { trainable: false }),
        );
        // Of two classes the softmax is the sigmoid of the difference.
        const share = (vectors: Value) => {
          const cosines = op.matMul(nn.normalize(vectors), op.unsqueeze(difference, [1]));
          return op.sigmoid(op.mul(op.squeeze(cosines, [-1]), 1 / params.temperature));
        };
        const maps = features.layers.map(({ grid, values }) =>
          finishedMap(share(values), grid, { ...params.features, projected: true }),
        );
        const map = op.mul(maps.length === 1 ? maps[0]! : op.sum(...maps), 1 / maps.length);
        return { map, score: share(features.embedding) };
      }),
  };
}
