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
 * Visits every distinct score from the highest to the lowest with the numbers of positives and negatives at or above it.
 * Ties are one threshold.
 */
export function forEachThreshold(
  { positives, negatives }: Ranking,
  visit: (truePositives: number, falsePositives: number) => void,
): void {
  let p = positives.length;
  let n = negatives.length;
  while (p > 0 || n > 0) {
    const key = Math.max(p > 0 ? positives[p - 1]! : 0, n > 0 ? negatives[n - 1]! : 0);
    while (p > 0 && positives[p - 1] === key) p--;
    while (n > 0 && negatives[n - 1] === key) n--;
    visit(positives.length - p, negatives.length - n);
  }
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
