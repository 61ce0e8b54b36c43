// [node]
import { compile, type Provider } from "@retort/engine/node";
import { averagePrecision } from "../../metrics/anomaly/average-precision.ts";
import type { DetectionParams, RefinementLevel } from "./detection.ts";
import { smoothingGraph } from "./detection-graph.ts";
import { Detector, objectShare } from "./detector.ts";
import type { ClipAdaModel } from "./model-file.ts";
import type { ValidationImage } from "./synthetic-validation.ts";

/** Pixel AP of one way of applying a model, by category; fractions. */
export interface DetectionTrial {
  smoothingPx: number;
  maxObjectShare: number;
  level: RefinementLevel;
  pixelAp: Record<string, number>;
  /** Mean over categories. */
  mean: number;
  /** Share of the images that were refined. */
  refinedShare: number;
}

export interface DetectionChoice {
  detection: DetectionParams;
  /** Everything that was tried, best first. */
  trials: readonly DetectionTrial[];
}

/** Standard deviations tried, in pixels. */
const SMOOTHING = [0, 1, 2, 4];
/** A more costly setting has to be better by this much. */
const LEAST_GAIN = 0.002;

export interface ChoiceOptions {
  /** Levels of refined regions that are tried; in this order among equals. */
  levels: readonly RefinementLevel[];
  provider: Provider;
  threads: number;
  signal: AbortSignal;
}

/**
 * Chooses smoothing, and up to which object size candidate regions are refined and at which of the levels, by the mean pixel AP
 * over categories on synthetic anomalies. No test picture takes part. Among equals the cheaper setting wins.
 */
export async function chooseDetection(
  model: ClipAdaModel,
  images: readonly ValidationImage[],
  { levels, provider, threads, signal }: ChoiceOptions,
): Promise<DetectionChoice> {
  const shares = images.map(({ foreground }) => objectShare(foreground));
  // Refinement does nothing to images above the limit, so few limits differ: none, between the categories' sizes, all.
  const limits = [0, ...new Set(meanShares(images, shares).map((share) => Math.min(1, share * 1.5))), 1].sort(
    (a, b) => a - b,
  );
  const trials: DetectionTrial[] = [];
  const raw = async (choice: { maxObjectShare: number; level?: RefinementLevel }) => {
    const { detection } = model;
    const refinement = { ...detection.refinement, ...choice };
    const detector = await Detector.create(model, {
      detection: { ...detection, smoothingPx: 0, refinement },
      batchSize: 4,
      provider,
      threads,
    });
    try {
      const found = await detector.detect(images, (at) => images[at]!.large);
      return found.map(({ map }) => map);
    } finally {
      await detector.dispose();
    }
  };
  const coarseMaps = await raw({ maxObjectShare: 0 });
  const refinedMaps: { level: RefinementLevel; maps: Float32Array<ArrayBuffer>[] }[] = [];
  for (const level of levels) refinedMaps.push({ level, maps: await raw({ maxObjectShare: 1, level }) });
  for (const smoothingPx of SMOOTHING) {
    const smoothed = (maps: readonly Float32Array<ArrayBuffer>[]) =>
      smoothedMaps(maps, { sizePx: model.detection.sizePx, smoothingPx, threads });
    const coarse = await smoothed(coarseMaps);
    for (const [order, { level, maps: sharp }] of refinedMaps.entries()) {
      const refined = await smoothed(sharp);
      signal.throwIfAborted();
      for (const maxObjectShare of new Set(limits)) {
        // Where nothing is refined there are no levels.
        if (maxObjectShare === 0 && order > 0) continue;
        const isRefined = shares.map((share) => maxObjectShare > 0 && share <= maxObjectShare);
        const maps = images.map((_, at) => (isRefined[at] ? refined : coarse)[at]!);
        const pixelAp = apByCategory(images, maps);
        const values = Object.values(pixelAp);
        trials.push({
          smoothingPx,
          maxObjectShare,
          level,
          pixelAp,
          mean: values.reduce((sum, value) => sum + value, 0) / values.length,
          refinedShare: isRefined.filter(Boolean).length / images.length,
        });
      }
    }
  }
  const cost = ({ refinedShare, smoothingPx }: DetectionTrial) => refinedShare + smoothingPx / 1000;
  trials.sort((a, b) => b.mean - a.mean || cost(a) - cost(b));
  const good = trials.filter(({ mean }) => mean >= trials[0]!.mean - LEAST_GAIN).sort((a, b) => cost(a) - cost(b));
  const { smoothingPx, maxObjectShare, level } = good[0]!;
  const { detection } = model;
  return {
    detection: { ...detection, smoothingPx, refinement: { ...detection.refinement, maxObjectShare, level } },
    trials,
  };
}

async function smoothedMaps(
  maps: readonly Float32Array<ArrayBuffer>[],
  { sizePx, smoothingPx, threads }: { sizePx: number; smoothingPx: number; threads: number },
): Promise<readonly Float32Array[]> {
  if (smoothingPx === 0) return maps;
  const program = await compile(smoothingGraph(sizePx, smoothingPx), { threads });
  try {
    const smooth: Float32Array[] = [];
    for (const data of maps) {
      const { smooth: map } = await program.run({ map: { dtype: "float32", shape: [1, sizePx, sizePx], data } });
      smooth.push(map!.data as Float32Array);
    }
    return smooth;
  } finally {
    await program.dispose();
  }
}

function meanShares(images: readonly ValidationImage[], shares: readonly number[]): number[] {
  const categories = [...new Set(images.map(({ category }) => category))];
  return categories.map((category) => {
    const own = shares.filter((_, at) => images[at]!.category === category);
    return own.reduce((sum, share) => sum + share, 0) / own.length;
  });
}

function apByCategory(images: readonly ValidationImage[], maps: readonly Float32Array[]): Record<string, number> {
  const categories = [...new Set(images.map(({ category }) => category))];
  const entries = categories.map((category) => {
    const own = images.flatMap((image, at) => (image.category === category ? [at] : []));
    const size = maps[0]!.length;
    const scores = new Float32Array(own.length * size);
    const labels = new Uint8Array(own.length * size);
    for (const [row, at] of own.entries()) {
      scores.set(maps[at]!, row * size);
      labels.set(images[at]!.mask, row * size);
    }
    return [category, averagePrecision({ scores, labels })] as const;
  });
  return Object.fromEntries(entries);
}
