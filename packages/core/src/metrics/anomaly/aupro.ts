import { DataError } from "../../base/errors.ts";
import { requireEqualLengths } from "../input.ts";
import { orderKeys, type Scores } from "./order-keys.ts";
import { PixelRanker, type PixelRanking } from "./pixel-ranker.ts";

/** Anomaly maps and ground truth of N images of one size, row-major [N, height, width]. */
export interface ScoredMaps {
  maps: Scores;
  /** Nonzero = anomalous. */
  masks: Uint8Array;
  width: number;
  height: number;
}

export interface AuproOptions {
  /** Largest false positive rate of the integral, in (0, 1]. */
  limit?: number;
}

export interface Aupro {
  /** In [0, 1]. */
  value: number;
  /** 8-connected regions of all masks. */
  numRegions: number;
}

/**
 * Area under the per-region overlap curve up to a false positive rate, by the definition of MVTec AD: every distinct score
 * is a threshold, every 8-connected region weighs the same, linear interpolation at the limit, divided by the limit.
 * @throws DataError without any region or normal pixel, for NaN scores and for sizes that do not fit.
 */
export function aupro(images: ScoredMaps, options: AuproOptions = {}): Aupro {
  return auproOf(rankPixels(images, "aupro"), options);
}

/** @throws DataError as aupro() does. */
export function rankPixels({ maps, masks, width, height }: ScoredMaps, metric: string): PixelRanking {
  requireEqualLengths({ maps: maps.length, masks: masks.length }, metric);
  const imageSize = width * height;
  if (imageSize === 0 || masks.length % imageSize !== 0) throw badSize(masks.length, width, height);
  const keys = orderKeys(maps);
  // Normal pixels move to the front of the same array: 100 megapixels need no further copy.
  const ranker = new PixelRanker(keys);
  for (let start = 0; start < masks.length; start += imageSize) {
    const [imageKeys, mask] = [keys, masks].map((all) => all.subarray(start, start + imageSize)) as [
      Uint32Array,
      Uint8Array,
    ];
    ranker.addKeys(imageKeys, { mask, width, height });
  }
  return ranker.rank(metric);
}

export function auproOf(ranking: PixelRanking, { limit = 0.3 }: AuproOptions = {}): Aupro {
  if (!(limit > 0 && limit <= 1)) throw badLimit(limit);
  const { positives, negatives, regions, regionSizes } = ranking;
  const weights = Float64Array.from(regionSizes, (size) => 1 / size / regionSizes.length);
  let area = 0;
  let lastRate = 0;
  let lastOverlap = 0;
  let overlap = 0;
  let p = positives.length;
  let n = negatives.length;
  while (lastRate < limit && n > 0) {
    const highestNormal = negatives[n - 1]!;
    const key = p > 0 && positives[p - 1]! > highestNormal ? positives[p - 1]! : highestNormal;
    while (p > 0 && positives[p - 1] === key) overlap += weights[regions[--p]!]!;
    while (n > 0 && negatives[n - 1] === key) n--;
    const rate = (negatives.length - n) / negatives.length;
    if (rate > limit) {
      const atLimit = lastOverlap + ((overlap - lastOverlap) * (limit - lastRate)) / (rate - lastRate);
      area += ((limit - lastRate) * (atLimit + lastOverlap)) / 2;
    } else {
      area += ((rate - lastRate) * (overlap + lastOverlap)) / 2;
    }
    lastRate = rate;
    lastOverlap = overlap;
  }
  return { value: area / limit, numRegions: regionSizes.length };
}

function badSize(numPixels: number, width: number, height: number): DataError {
  return new DataError({
    code: "METRIC_LENGTH",
    message: "The masks are not whole images",
    expected: `a multiple of ${width} x ${height} pixels`,
    got: `${numPixels} pixels`,
  });
}

function badLimit(limit: number): DataError {
  return new DataError({
    code: "METRIC_LIMIT",
    message: "The false positive rate that limits AU-PRO is out of range",
    expected: "above 0, at most 1",
    got: String(limit),
  });
}
