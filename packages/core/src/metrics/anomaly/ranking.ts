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

/**
 * Every distinct score of the positives as a threshold, from the highest to the lowest; ties are one threshold. At a score that only
 * negatives have, nothing changes but the number of false positives: these are too many in a test set's pixels for a threshold each.
 */
export interface Thresholds {
  numPositives: number;
  numNegatives: number;
  /** Positives that score at least so high, of each threshold. */
  truePositives: Uint32Array;
  /** Negatives that score at least so high. */
  falsePositives: Uint32Array;
  /** Negatives that score exactly so high. */
  tiedNegatives: Uint32Array;
}

export function thresholdsOf({ positives, negatives }: Ranking): Thresholds {
  const [truePositives, falsePositives, tiedNegatives] = Array.from(
    { length: 3 },
    () => new Uint32Array(positives.length),
  ) as [Uint32Array, Uint32Array, Uint32Array];
  let count = 0;
  let p = positives.length;
  let n = negatives.length;
  while (p > 0) {
    const key = positives[p - 1]!;
    while (p > 0 && positives[p - 1] === key) p--;
    while (n > 0 && negatives[n - 1]! > key) n--;
    const numNotAbove = n;
    while (n > 0 && negatives[n - 1] === key) n--;
    truePositives[count] = positives.length - p;
    falsePositives[count] = negatives.length - n;
    tiedNegatives[count] = numNotAbove - n;
    count++;
  }
  return {
    numPositives: positives.length,
    numNegatives: negatives.length,
    truePositives: truePositives.subarray(0, count),
    falsePositives: falsePositives.subarray(0, count),
    tiedNegatives: tiedNegatives.subarray(0, count),
  };
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
