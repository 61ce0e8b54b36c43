import { DataError } from "../../base/errors.ts";
import { connectedComponents } from "./connected-components.ts";
import { keysOfFloat32 } from "./order-keys.ts";
import { radixSort, radixSortPairs } from "./radix-sort.ts";
import type { Ranking } from "./ranking.ts";

/** Pixels of all images by class, anomalous ones with the region they belong to. */
export interface PixelRanking extends Ranking {
  /** Region of each entry of `positives`. */
  regions: Uint32Array;
  regionSizes: readonly number[];
}

/** The map of one image and its ground truth, row-major [height, width]. */
export interface ScoredMap {
  map: Float32Array;
  /** Nonzero = anomalous; null for a normal image. */
  mask: Uint8Array | null;
  width: number;
  height: number;
}

/**
 * Collects the pixels of a test set image by image, of any sizes, and ranks them together. Keeps four bytes a normal pixel and
 * eight an anomalous one, whatever the number of metrics; the maps themselves need not be kept.
 */
export class PixelRanker {
  readonly #negatives: Uint32Array;
  #numNegatives = 0;
  readonly #positives: Uint32Array[] = [];
  readonly #regions: Uint32Array[] = [];
  readonly #regionSizes: number[] = [];

  /** @param room for as many pixels as will come, of both classes: a length, or memory that may be written over. */
  constructor(room: number | Uint32Array) {
    this.#negatives = typeof room === "number" ? new Uint32Array(room) : room;
  }

  /** @throws DataError METRIC_LENGTH for sizes that do not fit, METRIC_NAN for a score that is not a number. */
  add({ map, mask, width, height }: ScoredMap): void {
    const size = width * height;
    if (map.length !== size || (mask !== null && mask.length !== size)) throw badSize(map, mask, size);
    const keys = this.#negatives.subarray(this.#numNegatives, this.#numNegatives + size);
    if (keys.length < size) throw new RangeError(`no room for ${size} pixels behind ${this.#numNegatives}`);
    this.addKeys(keysOfFloat32(map, keys), { mask, width, height });
  }

  /** Order keys [height, width] instead of scores. They may lie in the memory given to the constructor, behind what was added. */
  addKeys(keys: Uint32Array, { mask, width, height }: Omit<ScoredMap, "map">): void {
    if (mask === null) {
      this.#negatives.set(keys, this.#numNegatives);
      this.#numNegatives += keys.length;
      return;
    }
    const { labels, sizes } = connectedComponents(mask, width, height);
    const numPositive = sizes.reduce((sum, size) => sum + size, 0);
    const positives = new Uint32Array(numPositive);
    const regions = new Uint32Array(numPositive);
    const firstRegion = this.#regionSizes.length;
    let p = 0;
    let n = this.#numNegatives;
    for (let at = 0; at < keys.length; at++) {
      const key = keys[at]!;
      const label = labels[at]!;
      if (label === 0) this.#negatives[n++] = key;
      else {
        regions[p] = firstRegion + label - 1;
        positives[p++] = key;
      }
    }
    this.#numNegatives = n;
    this.#positives.push(positives);
    this.#regions.push(regions);
    for (const size of sizes) this.#regionSizes.push(size);
  }

  /** Sorts what was added; nothing can be added afterwards. @throws DataError METRIC_ONE_CLASS without a region or a normal pixel. */
  rank(metric: string): PixelRanking {
    const positives = joined(this.#positives);
    const regions = joined(this.#regions);
    const negatives = this.#negatives.subarray(0, this.#numNegatives);
    requireRegionAndNormal(positives.length, negatives.length, metric);
    radixSort(negatives);
    radixSortPairs(positives, regions);
    return { positives, negatives, regions, regionSizes: this.#regionSizes };
  }
}

function joined(parts: readonly Uint32Array[]): Uint32Array {
  const whole = new Uint32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function requireRegionAndNormal(numPositive: number, numNegative: number, metric: string): void {
  if (numPositive > 0 && numNegative > 0) return;
  throw new DataError({
    code: "METRIC_ONE_CLASS",
    message: `The metric ${metric} needs a defect region and a normal pixel`,
    expected: "at least one of each",
    got: `${numNegative} normal and ${numPositive} anomalous pixels`,
    fix: "Evaluate on test images with and without defects.",
  });
}

function badSize(map: Float32Array, mask: Uint8Array | null, expected: number): DataError {
  return new DataError({
    code: "METRIC_LENGTH",
    message: "A map or its mask is not of the image's size",
    expected: `${expected} pixels`,
    got: `map ${map.length}, mask ${mask?.length ?? "none"}`,
  });
}
