import { DataError } from "../../base/errors.ts";
import type { Rng } from "../../base/rng.ts";
import { mean, requireEqualLengths, requireSamples } from "../input.ts";
import { requireConfidence, studentTwoSided } from "./distributions.ts";
import { requireTwo, summarize } from "./summary.ts";

/** Scores of two systems on the same items (or seeds), in the same order. */
export interface Pairs {
  a: readonly number[];
  b: readonly number[];
}

export interface PairedTTest {
  t: number;
  degreesOfFreedom: number;
  pTwoSided: number;
  /** Against mean(a) <= mean(b). */
  pGreater: number;
  meanDifference: number;
}

export interface Interval {
  meanDifference: number;
  low: number;
  high: number;
}

/**
 * Student's t test of the differences a - b.
 * @throws DataError for unequal lengths, fewer than two pairs, or differences that are all 0.
 */
export function pairedTTest(pairs: Pairs): PairedTTest {
  const differences = differencesOf(pairs);
  requireTwo(differences.length);
  requireDifference(differences);
  const { mean: meanDifference, sem } = summarize(differences);
  const t = meanDifference / sem;
  const degreesOfFreedom = differences.length - 1;
  const pTwoSided = studentTwoSided(t, degreesOfFreedom);
  return { t, degreesOfFreedom, pTwoSided, pGreater: t > 0 ? pTwoSided / 2 : 1 - pTwoSided / 2, meanDifference };
}

/** Mean of a - b with its interval by Student's t. @throws DataError as pairedTTest(), but all 0 is an interval too. */
export function pairedTInterval(pairs: Pairs, { confidence = 0.95 } = {}): Interval {
  const { mean: meanDifference, low, high } = summarize(differencesOf(pairs), { confidence });
  return { meanDifference, low, high };
}

export interface BootstrapOptions {
  /** Rows of indices of pairs: what each resample holds. See drawResamples. */
  resamples: readonly ArrayLike<number>[];
  confidence?: number;
}

/** Percentile bootstrap interval of the mean of a - b, percentiles interpolated linearly as numpy does. */
export function pairedBootstrapInterval(pairs: Pairs, { resamples, confidence = 0.95 }: BootstrapOptions): Interval {
  requireConfidence(confidence);
  const differences = differencesOf(pairs);
  requireSamples(differences.length, "pairedBootstrapInterval");
  requireSamples(resamples.length, "pairedBootstrapInterval (resamples)");
  const means = Float64Array.from(resamples, (indices) => meanAt(differences, indices)).sort();
  const tail = (1 - confidence) / 2;
  return { meanDifference: mean(differences), low: percentile(means, tail), high: percentile(means, 1 - tail) };
}

/** Rows of numPairs indices drawn with replacement. */
export function drawResamples(rng: Rng, numPairs: number, numResamples: number): Uint32Array[] {
  return Array.from({ length: numResamples }, () =>
    Uint32Array.from({ length: numPairs }, () => rng.integer(numPairs)),
  );
}

/** @throws DataError for unequal lengths. */
export function differencesOf({ a, b }: Pairs): number[] {
  requireEqualLengths({ a: a.length, b: b.length }, "a paired comparison");
  return a.map((value, index) => value - b[index]!);
}

/** @throws DataError STATS_NO_DIFFERENCE when all differences are 0. */
export function requireDifference(differences: readonly number[]): void {
  if (differences.some((difference) => difference !== 0)) return;
  throw new DataError({
    code: "STATS_NO_DIFFERENCE",
    message: "The two systems score alike on every pair, so that no test statistic exists",
    expected: "at least one pair that differs",
    got: `${differences.length} equal pairs`,
  });
}

function meanAt(values: readonly number[], indices: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < indices.length; at++) sum += values[indices[at]!]!;
  return sum / indices.length;
}

function percentile(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (position - below);
}
