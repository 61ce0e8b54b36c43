// [node]
import { setImmediate as yieldToEvents } from "node:timers/promises";
import {
  type AnomalyCategory,
  type AnomalyData,
  type AnomalyTestImage,
  isAnomalous,
} from "../../data/anomaly/anomaly-data.ts";
import { decodeMask } from "../../data/anomaly/masks.ts";
import { decodeImages, encodePng } from "../../data/images.ts";
import { auroc } from "../../metrics/anomaly/auroc.ts";
import { averagePrecision } from "../../metrics/anomaly/average-precision.ts";
import { f1Max } from "../../metrics/anomaly/f1-max.ts";
import { float32OfKey, keysOfFloat32 } from "../../metrics/anomaly/order-keys.ts";
import { PixelRanker } from "../../metrics/anomaly/pixel-ranker.ts";
import { pixelScoresOf } from "../../metrics/anomaly/pixel-scores.ts";
import { radixSort } from "../../metrics/anomaly/radix-sort.ts";
import { drawHeatMap } from "./heat-map.ts";
import { placements } from "./placements.ts";
import { type MapSize, resizeMap } from "./resize-map.ts";
import { type AnomalyScorer, meanBrightnessOf } from "./scorer.ts";
import { shownPlaces } from "./shown.ts";

/** Largest false positive rate of AU-PRO. */
const AUPRO_LIMIT = 0.3;
/**
 * Batches that other threads decode while ONNX Runtime holds this one. It holds the event loop too, so that a file which is read
 * in two goes, as a mask is, needs two batches' time.
 */
const AHEAD = 2;
/** Width and height of a picture among the samples. */
const SHOWN_PX = 192;
/** Largest width and height of the map that is kept for it. */
const SHOWN_MAP_PX = 96;
/** Quantiles of a category's map values that are shown black and white. */
const SHOWN_QUANTILES = [0.05, 0.999] as const;

/** As a stage's context takes it. */
export interface CategoryEvaluation {
  dataset: string;
  split: string;
  condition: string;
  metrics: Record<string, number>;
  samples: {
    sampleId: string;
    clusterId: string;
    score: number;
    detail: Record<string, unknown>;
    imagePng?: Uint8Array;
  }[];
}

export interface EvaluationHost {
  signal: AbortSignal;
  progress(done: number, total: number, unit: string): void;
  log(level: "info", message: string): void;
  evaluation(result: CategoryEvaluation): Promise<void>;
}

export interface EvaluationOptions {
  data: AnomalyData;
  /** The detector of a category; the same one for all in the unified setting. */
  scorerOf(category: string): Promise<AnomalyScorer>;
  /** Test pictures kept per category, with heat map and outline; fewer than there are: of every kind of defect. */
  numSampleImages: number;
  /** "full", or the name of a control. */
  condition?: string;
}

/**
 * Scores every test picture and reports each category, then the mean of the categories (last: it ranks the run). Pixel metrics
 * are computed at each picture's own size over all test pictures of a category, good ones included, on raw scores. Beside it
 * stands what mean brightness alone gives.
 */
export async function evaluateAnomalies(options: EvaluationOptions, host: EvaluationHost): Promise<void> {
  const { data, condition = "full" } = options;
  const total = data.categories.reduce((sum, { test }) => sum + test.length, 0);
  const results: Record<string, number>[] = [];
  const controls: Record<string, number>[] = [];
  let done = 0;
  for (const category of data.categories) {
    const scorer = await options.scorerOf(category.name);
    const result = await evaluateCategory(
      category,
      { ...options, condition, scorer },
      {
        ...host,
        progress: (count) => host.progress(done + count, total, "pictures"),
      },
    );
    done += category.test.length;
    results.push(result.metrics);
    controls.push(result.brightness);
    await host.evaluation({ ...described(category.name, condition), metrics: result.metrics, samples: result.samples });
    await host.evaluation({ ...described(category.name, "mean-brightness"), metrics: result.brightness, samples: [] });
  }
  const all = `mean of ${data.categories.length} ${data.categories.length === 1 ? "category" : "categories"}`;
  await host.evaluation({ ...described(all, "mean-brightness"), metrics: meanOf(controls), samples: [] });
  await host.evaluation({ ...described(all, condition), metrics: meanOf(results), samples: [] });
}

const described = (dataset: string, condition: string) => ({ dataset, split: "test", condition });

interface Scored {
  image: AnomalyTestImage;
  score: number;
  brightness: number;
}

/** A map at the size at which it is kept for the pictures. */
interface ShownMap {
  map: Float32Array;
  mapSize: MapSize;
}

type CategoryOptions = EvaluationOptions & { scorer: AnomalyScorer; condition: string };

async function evaluateCategory(
  { name, test }: AnomalyCategory,
  { scorer, numSampleImages }: CategoryOptions,
  { signal, progress, log }: Pick<EvaluationHost, "signal" | "log"> & { progress(done: number): void },
) {
  const ranker = new PixelRanker(test.reduce((sum, { width, height }) => sum + width * height, 0));
  const scored: Scored[] = [];
  // Of all pictures, also those that are not shown: together they decide which scores are black and white.
  const shownMaps: ShownMap[] = [];
  const startedAt = performance.now();
  let scoringMs = 0;
  const batches = Array.from({ length: Math.ceil(test.length / scorer.batchSize) }, (_, index) =>
    test.slice(index * scorer.batchSize, (index + 1) * scorer.batchSize),
  );
  const coming = batches.slice(0, AHEAD).map((batch) => load(batch, scorer.imageSizePx));
  for (const [index, batch] of batches.entries()) {
    signal.throwIfAborted();
    const { pixels, masks } = await coming.shift()!;
    const later = batches[index + AHEAD];
    if (later !== undefined) coming.push(load(later, scorer.imageSizePx));
    const scoringAt = performance.now();
    const { maps, width, height, scores } = await scorer.score(pixels, batch.length, (row, sizePx) =>
      decodeImages([batch[row]!.image()], { sizePx, signal }),
    );
    scoringMs += performance.now() - scoringAt;
    const brightness = meanBrightnessOf(pixels, batch.length);
    batch.forEach((image, row) => {
      const map = maps.subarray(row * width * height, (row + 1) * width * height);
      ranker.add({ map: resizeMap(map, { width, height }, image), mask: masks[row]!, ...sizeOf(image) });
      scored.push({ image, score: scores[row]!, brightness: brightness[row]! });
      if (numSampleImages === 0) return;
      const mapSize = { width: Math.min(width, SHOWN_MAP_PX), height: Math.min(height, SHOWN_MAP_PX) };
      shownMaps.push({ map: resizeMap(map, { width, height }, mapSize), mapSize });
    });
    progress(scored.length);
    await yieldToEvents();
  }
  const perSecond = (ms: number) => (1000 * test.length) / ms;
  log(
    "info",
    `${name}: ${test.length} pictures, ${perSecond(scoringMs).toFixed(1)} a second in the detector, ` +
      `${perSecond(performance.now() - startedAt).toFixed(1)} with decoding and ranking`,
  );
  const labels = test.map(isAnomalous);
  const pictures = await picturesOf(test, { shownMaps, count: numSampleImages, signal });
  const pixel = pixelScoresOf(ranker.rank(`pixel metrics of ${name}`), { limit: AUPRO_LIMIT });
  return {
    metrics: {
      ...imageMetrics(
        scored.map(({ score }) => score),
        labels,
      ),
      pixelAuroc: pixel.auroc,
      pixelAp: pixel.averagePrecision,
      pixelF1Max: pixel.f1Max,
      aupro: pixel.aupro,
    },
    brightness: imageMetrics(
      scored.map(({ brightness }) => brightness),
      labels,
    ),
    samples: samplesOf(scored, { labels, pictures }),
  };
}

function imageMetrics(scores: readonly number[], labels: readonly boolean[]): Record<string, number> {
  const samples = { scores, labels };
  return { imageAuroc: auroc(samples), imageAp: averagePrecision(samples), imageF1Max: f1Max(samples) };
}

function load(batch: readonly AnomalyTestImage[], sizePx: number) {
  const loading = Promise.all([
    decodeImages(
      batch.map((image) => image.image()),
      { sizePx },
    ),
    Promise.all(batch.map(maskOf)),
  ]).then(([pixels, masks]) => ({ pixels, masks }));
  // Whoever awaits it sees the error; until then nobody does.
  loading.catch(() => undefined);
  return loading;
}

async function maskOf(image: AnomalyTestImage): Promise<Uint8Array | null> {
  const source = image.mask();
  return source === null ? null : (await decodeMask(source)).data;
}

const sizeOf = ({ width, height }: AnomalyTestImage) => ({ width, height });

/** A sample a picture; its score is its share in the image AUROC, the detector's own number stands in the details. */
function samplesOf(
  scored: readonly Scored[],
  { labels, pictures }: { labels: readonly boolean[]; pictures: ReadonlyMap<number, Uint8Array> },
): CategoryEvaluation["samples"] {
  const places = placements(
    scored.map(({ score }) => score),
    labels,
  );
  const samples: CategoryEvaluation["samples"] = [];
  for (const [index, { image, score, brightness }] of scored.entries()) {
    const imagePng = pictures.get(index);
    const { imageId, category, defect } = image;
    samples.push({
      sampleId: imageId,
      clusterId: imageId,
      score: places[index]!,
      detail: { category, defect, expected: labels[index] ? "anomalous" : "good", anomalyScore: score, brightness },
      ...(imagePng === undefined ? {} : { imagePng }),
    });
  }
  return samples;
}

/** PNGs of pictures with their heat maps, by their place; of every kind of defect where not all are kept. */
async function picturesOf(
  images: readonly AnomalyTestImage[],
  { shownMaps, count, signal }: { shownMaps: readonly ShownMap[]; count: number; signal: AbortSignal },
): Promise<Map<number, Uint8Array>> {
  const pictures = new Map<number, Uint8Array>();
  if (count === 0) return pictures;
  const range = shownRange(shownMaps);
  const classes = images.map(({ defect }) => defect);
  for (const at of shownPlaces(classes, count)) {
    signal.throwIfAborted();
    pictures.set(at, await pictureOf(images[at]!, { ...shownMaps[at]!, range }));
  }
  return pictures;
}

function shownRange(maps: readonly ShownMap[]): { lowest: number; highest: number } {
  const keys = new Uint32Array(maps.reduce((sum, { map }) => sum + map.length, 0));
  let at = 0;
  for (const { map } of maps) {
    keys.set(keysOfFloat32(map), at);
    at += map.length;
  }
  radixSort(keys);
  const [lowest, highest] = SHOWN_QUANTILES.map((share) => float32OfKey(keys[Math.floor(share * (keys.length - 1))]!));
  return { lowest: lowest!, highest: highest! };
}

async function pictureOf(
  image: AnomalyTestImage,
  { map, mapSize, range }: ShownMap & { range: { lowest: number; highest: number } },
): Promise<Uint8Array> {
  const size = { width: SHOWN_PX, height: SHOWN_PX };
  const [rgb, mask] = await Promise.all([decodeImages([image.image()], { sizePx: SHOWN_PX }), maskOf(image)]);
  const drawn = drawHeatMap({ rgb, size, map, mapSize, mask, maskSize: sizeOf(image), range });
  return encodePng(drawn.rgb, drawn.width, drawn.height);
}

function meanOf(results: readonly Record<string, number>[]): Record<string, number> {
  const names = Object.keys(results[0] ?? {});
  return Object.fromEntries(
    names.map((name) => [name, results.reduce((sum, result) => sum + result[name]!, 0) / results.length]),
  );
}
