// [node]
import { setImmediate as yieldToEvents } from "node:timers/promises";
import type { Graph, Tensor } from "@retort/engine";
import { batched, type Provider } from "@retort/engine/node";
import type { Rng } from "../../base/rng.ts";
import type { AnomalyImage } from "../../data/anomaly/anomaly-data.ts";
import { decodeImages } from "../../data/images.ts";

export interface FeatureHost {
  signal: AbortSignal;
  progress(done: number, total: number, unit: string): void;
}

export interface FeatureSource {
  images: readonly AnomalyImage[];
  imageSizePx: number;
  /** Pictures encoded at once. */
  batchSize: number;
  provider: Provider;
  threads: number;
  /** `image` uint8 [B,S,S,3] -> any outputs with B as their first size. */
  graph(batchSize: number): Graph;
}

/** What the graph gives for one batch of pictures. */
export interface FeatureBatch {
  firstImage: number;
  numImages: number;
  outputs: Readonly<Record<string, Tensor & { data: Float32Array }>>;
}

/** Encodes pictures batch by batch, the next one being decoded meanwhile. */
export async function forEachFeatures(
  source: FeatureSource,
  host: FeatureHost,
  visit: (batch: FeatureBatch) => void | Promise<void>,
): Promise<void> {
  const { images, imageSizePx: sizePx, batchSize, provider, threads } = source;
  const program = batched(source.graph, { batchSize, provider, threads });
  const load = (first: number) =>
    decodeImages(
      images.slice(first, first + batchSize).map((image) => image.image()),
      { sizePx, signal: host.signal },
    );
  try {
    let coming = load(0);
    for (let first = 0; first < images.length; first += batchSize) {
      host.signal.throwIfAborted();
      const pixels = await coming;
      coming = load(first + batchSize);
      coming.catch(() => undefined);
      const numImages = Math.min(batchSize, images.length - first);
      const image = { dtype: "uint8", shape: [numImages, sizePx, sizePx, 3], data: pixels } as const;
      const outputs = (await program.run({ image })) as FeatureBatch["outputs"];
      await visit({ firstImage: first, numImages, outputs });
      host.progress(first + numImages, images.length, "pictures");
      await yieldToEvents();
    }
  } finally {
    await program.dispose();
  }
}

/** Rows of one matrix: [numRows, dim], row-major. */
export interface Rows {
  data: Float32Array<ArrayBuffer>;
  numRows: number;
  dim: number;
}

/**
 * For each output [B,P,D] of the graph as many patches as `maxPatches`, drawn uniformly from all pictures without repetition; all
 * of them where there are no more. The same places are drawn for outputs of the same number of patches.
 */
export async function samplePatches(
  source: FeatureSource,
  { maxPatches, rng }: { maxPatches: number; rng: Rng },
  host: FeatureHost,
): Promise<Record<string, Rows>> {
  const pools = new Map<string, { rows: Rows; places: Float64Array; next: number }>();
  await forEachFeatures(source, host, ({ firstImage, numImages, outputs }) => {
    for (const [name, { shape, data }] of Object.entries(outputs)) {
      const [, numPatches, dim] = shape as [number, number, number];
      let pool = pools.get(name);
      if (pool === undefined) {
        const places = drawPlaces(source.images.length * numPatches, maxPatches, rng.stream(`patches/${numPatches}`));
        const numRows = places.length;
        pool = { rows: { data: new Float32Array(numRows * dim), numRows, dim }, places, next: 0 };
        pools.set(name, pool);
      }
      const start = firstImage * numPatches;
      const end = start + numImages * numPatches;
      for (; pool.next < pool.places.length && pool.places[pool.next]! < end; pool.next++) {
        const row = pool.places[pool.next]! - start;
        pool.rows.data.set(data.subarray(row * dim, (row + 1) * dim), pool.next * dim);
      }
    }
  });
  return Object.fromEntries([...pools].map(([name, { rows }]) => [name, rows]));
}

/** `count` different numbers below `total`, ascending; all of them where there are no more. Source: Vitter's selection sampling. */
function drawPlaces(total: number, count: number, rng: Rng): Float64Array {
  if (count >= total) return Float64Array.from({ length: total }, (_, at) => at);
  const places = new Float64Array(count);
  let taken = 0;
  for (let at = 0; taken < count; at++) {
    if (rng.uniform() * (total - at) < count - taken) places[taken++] = at;
  }
  return places;
}
