// [node]
import { graph, nn, op, type Tensor, type Value } from "@retort/engine";
import { detectorGraph, type FittedDetector, highest } from "../patch-detection/detector.ts";
import { finishedMap, jointFeatures, layerFeatures, type PatchGrid } from "../patch-detection/patch-features.ts";
import { type FeatureHost, forEachFeatures } from "../patch-detection/train-features.ts";
import { type FitOptions, prefixed } from "../patchcore/fit.ts";
import { inverseCholesky } from "./cholesky.ts";
import { Moments } from "./moments.ts";
import type { PadimParams } from "./params.ts";

const BATCH_SIZE = 8;

/**
 * A Gaussian of the features at every place of the grid; a patch's score is its Mahalanobis distance, an image's score its map's
 * highest value. Source: Defard et al., "PaDiM", 2021.
 */
export async function fitPadim(options: FitOptions<PadimParams>, host: FeatureHost): Promise<FittedDetector> {
  const { tower, params, images, rng, provider, threads } = options;
  const { imageSizePx } = params.features;
  let chosen: Tensor | null = null;
  const features = (p: nn.Scope, image: Value): { grid: PatchGrid; values: Value } => {
    const { grid, values } = jointFeatures(layerFeatures(p, image, tower.config, params.features), {
      neighbourhood: 1,
    });
    chosen ??= chooseFeatures(values.shape[2]!, params.numFeatures, rng.stream("features"));
    return { grid, values: op.gather(values, image.graph.constant(chosen), { axis: 2 }) };
  };
  const encode = (batchSize: number) => {
    const g = graph("patch features");
    const image = g.input("image", { dtype: "uint8", shape: [batchSize, imageSizePx, imageSizePx, 3] });
    g.output("features", features(nn.scope(g, { weights: tower.weights, trainable: false }), image).values);
    return g;
  };
  let moments: Moments | null = null;
  let size = { numPlaces: 0, dim: 0 };
  await forEachFeatures(
    { images, imageSizePx, batchSize: BATCH_SIZE, provider, threads, graph: encode },
    host,
    ({ outputs }) => {
      const { shape, data } = outputs.features!;
      size = { numPlaces: shape[1]!, dim: shape[2]! };
      moments ??= new Moments(size.numPlaces, size.dim);
      moments.add(data);
    },
  );
  const { means, whitening } = gaussians(moments!, { ...size, shrinkage: params.shrinkage });
  return {
    imageSizePx,
    batchSize: BATCH_SIZE,
    graph: (batchSize) =>
      detectorGraph({ name: "padim", imageSizePx, batchSize }, (image) => {
        const p = nn.scope(image.graph, { prefix: "image.", weights: prefixed(tower.weights), trainable: false });
        const { grid, values } = features(p, image);
        const mean = image.graph.parameter("gaussian.means", means, { trainable: false });
        const inverse = image.graph.parameter("gaussian.whitening", whitening, { trainable: false });
        const whitened = op.matMul(op.transpose(op.sub(values, mean), [1, 0, 2]), inverse); // [P,B,d]
        const distances = op.sqrt(op.reduceSumSquare(whitened, { axes: [2] }));
        const map = finishedMap(op.transpose(distances, [1, 0]), grid, params.features);
        return { map, score: highest(map) };
      }),
  };
}

/** Means [P,d], and for each place the transposed inverse Cholesky factor of its covariance [P,d,d]. */
function gaussians(
  moments: Moments,
  { numPlaces, dim, shrinkage }: { numPlaces: number; dim: number; shrinkage: number },
): { means: Tensor; whitening: Tensor } {
  const means = new Float32Array(numPlaces * dim);
  const whitening = new Float32Array(numPlaces * dim * dim);
  for (let place = 0; place < numPlaces; place++) {
    const { mean, covariance } = moments.at(place);
    means.set(mean, place * dim);
    for (let i = 0; i < dim; i++) covariance[i * dim + i]! += shrinkage;
    const inverse = inverseCholesky(covariance, dim);
    const start = place * dim * dim;
    for (let i = 0; i < dim; i++) for (let j = 0; j <= i; j++) whitening[start + j * dim + i] = inverse[i * dim + j]!;
  }
  return {
    means: { dtype: "float32", shape: [numPlaces, dim], data: means },
    whitening: { dtype: "float32", shape: [numPlaces, dim, dim], data: whitening },
  };
}

function chooseFeatures(dim: number, count: number, rng: FitOptions<PadimParams>["rng"]): Tensor {
  const order = rng.shuffle(Array.from({ length: dim }, (_, at) => at));
  const chosen = order.slice(0, Math.min(count, dim)).sort((a, b) => a - b);
  return { dtype: "int64", shape: [chosen.length], data: BigInt64Array.from(chosen, (at) => BigInt(at)) };
}
