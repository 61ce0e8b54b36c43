// [node]
import { graph, nn, op, type Tensor } from "@retort/engine";
import { compile, type Provider } from "@retort/engine/node";
import type { Rng } from "../../base/rng.ts";
import type { AnomalyImage } from "../../data/anomaly/anomaly-data.ts";
import type { ImageTower } from "../../models/clip/tower-file.ts";
import { detectorGraph, type FittedDetector } from "../patch-detection/detector.ts";
import { finishedMap, jointFeatures, layerFeatures } from "../patch-detection/patch-features.ts";
import { type FeatureHost, type Rows, samplePatches } from "../patch-detection/train-features.ts";
import { greedyCoreset } from "./coreset.ts";
import { nearestScores } from "./nearest-score.ts";
import type { PatchcoreParams } from "./params.ts";

/** Pictures at once: products with the memory of two pictures take tens of megabytes. */
const BATCH_SIZE = 2;
const ENCODE_BATCH_SIZE = 8;

export interface FitOptions<Params> {
  tower: ImageTower;
  params: Params;
  images: readonly AnomalyImage[];
  /** The category that the pictures are of; null where they are of all. */
  category: string | null;
  rng: Rng;
  provider: Provider;
  threads: number;
}

/** Chooses the memory from the pictures' patches. Source: Roth et al., "Towards Total Recall in Industrial Anomaly Detection", 2022. */
export async function fitPatchcore(options: FitOptions<PatchcoreParams>, host: FeatureHost): Promise<FittedDetector> {
  const { tower, params, images, rng, provider, threads } = options;
  const { imageSizePx } = params.features;
  const encode = (batchSize: number) => {
    const g = graph("patch features");
    const image = g.input("image", { dtype: "uint8", shape: [batchSize, imageSizePx, imageSizePx, 3] });
    const p = nn.scope(g, { weights: tower.weights, trainable: false });
    g.output("features", jointFeatures(layerFeatures(p, image, tower.config, params.features), params).values);
    return g;
  };
  const { features: pool } = await samplePatches(
    { images, imageSizePx, batchSize: ENCODE_BATCH_SIZE, provider, threads, graph: encode },
    { maxPatches: params.poolPatches, rng: rng.stream("pool") },
    host,
  );
  const chosen = await greedyCoreset(pool!, {
    count: params.memoryPatches,
    projectionDim: params.projectionDim,
    rng: rng.stream("coreset"),
    provider,
    threads,
    signal: host.signal,
  });
  const rows = rowsAt(pool!, chosen);
  const neighbours = await nearestRows(rows, Math.min(params.neighbours, chosen.length), { provider, threads });
  return {
    imageSizePx,
    batchSize: BATCH_SIZE,
    graph: (batchSize) =>
      detectorGraph({ name: "patchcore", imageSizePx, batchSize }, (image) => {
        const p = nn.scope(image.graph, { prefix: "image.", weights: prefixed(tower.weights), trainable: false });
        const { grid, values } = jointFeatures(layerFeatures(p, image, tower.config, params.features), params);
        const scores = nearestScores(values, {
          rows: image.graph.parameter("memory.rows", rows, { trainable: false }),
          neighbours: image.graph.parameter("memory.neighbours", neighbours, { trainable: false }),
        });
        return { map: finishedMap(scores.patches, grid, params.features), score: scores.images };
      }),
  };
}

/** Weights under the name of the tower inside a detector. */
export const prefixed = (weights: ReadonlyMap<string, Tensor>): Map<string, Tensor> =>
  new Map([...weights].map(([name, tensor]) => [`image.${name}`, tensor]));

function rowsAt({ data, dim }: Rows, chosen: Uint32Array): Tensor {
  const rows = new Float32Array(chosen.length * dim);
  chosen.forEach((from, to) => {
    rows.set(data.subarray(from * dim, (from + 1) * dim), to * dim);
  });
  return { dtype: "float32", shape: [chosen.length, dim], data: rows };
}

/** Indices of the k nearest rows of each row, itself first: int64 [M,k]. */
async function nearestRows(
  rows: Tensor,
  k: number,
  settings: { provider: Provider; threads: number },
): Promise<Tensor> {
  const numRows = rows.shape[0]!;
  const g = graph("nearest rows");
  const matrix = g.parameter("rows", rows, { trainable: false });
  const norms = op.reshape(op.reduceSumSquare(matrix, { axes: [1] }), [1, numRows]);
  const closeness = op.sub(op.mul(op.matMul(matrix, op.transpose(matrix, [1, 0])), 2), norms);
  g.output("neighbours", op.topK(closeness, { k }).indices);
  const program = await compile(g, settings);
  try {
    const { neighbours } = await program.run({});
    const found = neighbours!.data as BigInt64Array<ArrayBuffer>;
    // Rounding may put a twin before the row itself.
    for (let row = 0; row < numRows; row++) {
      const own = found.subarray(row * k, (row + 1) * k);
      const at = Math.max(0, own.indexOf(BigInt(row)));
      own.copyWithin(1, 0, at);
      own[0] = BigInt(row);
    }
    return { dtype: "int64", shape: [numRows, k], data: found };
  } finally {
    await program.dispose();
  }
}
