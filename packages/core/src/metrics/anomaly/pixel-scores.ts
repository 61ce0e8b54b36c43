import { type AuproOptions, auproOf, rankPixels, type ScoredMaps } from "./aupro.ts";
import { aurocOf } from "./auroc.ts";
import { averagePrecisionOf } from "./average-precision.ts";
import { f1MaxOf } from "./f1-max.ts";
import type { PixelRanking } from "./pixel-ranker.ts";
import { thresholdsOf } from "./ranking.ts";

export interface PixelScores {
  auroc: number;
  averagePrecision: number;
  f1Max: number;
  aupro: number;
  numRegions: number;
}

/** All pixel metrics of one category from one sort of its pixels. @throws DataError as aupro() does. */
export function pixelScores(images: ScoredMaps, options: AuproOptions = {}): PixelScores {
  return pixelScoresOf(rankPixels(images, "pixelScores"), options);
}

/** The same of pixels that were collected image by image. */
export function pixelScoresOf(ranking: PixelRanking, options: AuproOptions = {}): PixelScores {
  const { value, numRegions } = auproOf(ranking, options);
  const thresholds = thresholdsOf(ranking);
  return {
    auroc: aurocOf(thresholds),
    averagePrecision: averagePrecisionOf(thresholds),
    f1Max: f1MaxOf(thresholds),
    aupro: value,
    numRegions,
  };
}
