import { DataError } from "../../base/errors.ts";
import { requireEqualLengths } from "../input.ts";
import { orderKeys, type Scores } from "./order-keys.ts";
import { radixSort } from "./radix-sort.ts";

/** Scores (higher = more anomalous) with their labels (1 = anomalous), of images or of pixels. */
export interface ScoredSamples {
  scores: Scores;
  /** 0 or 1 each; false and true as 0 and 1. */
  labels: ArrayLike<number | boolean>;
}

/** Order keys of each class, ascending. */
export interface Ranking {
  positives: Uint32Array;
  negatives: Uint32Array;
}

/** @throws DataError METRIC_ONE_CLASS, METRIC_LABEL, METRIC_LENGTH or METRIC_NAN. */
export function rankSamples({ scores, labels }: ScoredSamples, metric: string): Ranking {
  requireEqualLengths({ scores: scores.length, labels: labels.length }, metric);
  let numPositive = 0;
  for (let index = 0; index < labels.length; index++) {
    const label = Number(labels[index]);
    if (label !== 0 && label !== 1) throw badLabel(label, index, metric);
    numPositive += label;
  }
  requireBothClasses({ numPositive, numNegative: labels.length - numPositive }, metric);
  const keys = orderKeys(scores);
  const positives = new Uint32Array(numPositive);
  let p = 0;
  let n = 0;
  for (let index = 0; index < keys.length; index++) {
    // Negatives are moved to the front of the same array: 100 megapixels need no further copy.
    if (labels[index]) positives[p++] = keys[index]!;
    else keys[n++] = keys[index]!;
  }
  const negatives = keys.subarray(0, n);
  radixSort(positives);
  radixSort(negatives);
  return { positives, negatives };
}

/** Counts at one threshold: how many samples score at least so high, and how many normal ones exactly so. */
export interface Threshold {
  truePositives: number;
  falsePositives: number;
  tiedNegatives: number;
}

/**
 * Visits every distinct score of the positives from the highest to the lowest; ties are one threshold. At a score that only
 * negatives have, nothing changes but the number of false positives: these are too many in a test set's pixels for a visit each.
 */
export function forEachThreshold({ positives, negatives }: Ranking, visit: (threshold: Threshold) => void): void {
  let p = positives.length;
  let n = negatives.length;
  while (p > 0) {
    const key = positives[p - 1]!;
    while (p > 0 && positives[p - 1] === key) p--;
    const numNotAbove = endOf(negatives, n, (negative) => negative <= key);
    n = endOf(negatives, numNotAbove, (negative) => negative < key);
    visit({
      truePositives: positives.length - p,
      falsePositives: negatives.length - n,
      tiedNegatives: numNotAbove - n,
    });
  }
}

/** Where in the first `length` ascending keys those end that hold: looked for from the end on, in steps that double. */
function endOf(keys: Uint32Array, length: number, holds: (key: number) => boolean): number {
  let step = 1;
  while (step <= length && !holds(keys[length - step]!)) step *= 2;
  let low = Math.max(0, length - step);
  let high = length - Math.floor(step / 2);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(keys[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** @throws DataError METRIC_ONE_CLASS when a class is absent: no threshold can then tell the classes apart. */
export function requireBothClasses(counts: { numPositive: number; numNegative: number }, metric: string): void {
  if (counts.numPositive > 0 && counts.numNegative > 0) return;
  throw new DataError({
    code: "METRIC_ONE_CLASS",
    message: `The metric ${metric} needs normal and anomalous samples`,
    expected: "at least one of each",
    got: `${counts.numNegative} normal, ${counts.numPositive} anomalous`,
    fix: "Evaluate on a test set that has both.",
  });
}

function badLabel(label: number, index: number, metric: string): DataError {
  return new DataError({
    code: "METRIC_LABEL",
    message: `A label of ${metric} is neither normal nor anomalous`,
    expected: "0 or 1",
    got: String(label),
    where: `label ${index}`,
  });
}
