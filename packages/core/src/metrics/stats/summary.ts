import { DataError } from "../../base/errors.ts";
import { mean } from "../input.ts";
import { studentHalfWidth } from "./distributions.ts";

export interface Summary {
  mean: number;
  /** Sample standard deviation (n - 1). */
  std: number;
  /** Standard error of the mean. */
  sem: number;
  /** Interval of the mean by Student's t. */
  low: number;
  high: number;
}

/**
 * Mean, deviation and confidence interval of values, such as the scores of several seeds.
 * @throws DataError STATS_TOO_FEW for fewer than two values.
 */
export function summarize(values: readonly number[], { confidence = 0.95 } = {}): Summary {
  requireTwo(values.length);
  const center = mean(values);
  const std = Math.sqrt(sumOfSquares(values.map((value) => value - center)) / (values.length - 1));
  const sem = std / Math.sqrt(values.length);
  const halfWidth = studentHalfWidth(confidence, values.length - 1) * sem;
  return { mean: center, std, sem, low: center - halfWidth, high: center + halfWidth };
}

export function sumOfSquares(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum;
}

/** @throws DataError STATS_TOO_FEW: one value has no sample deviation. */
export function requireTwo(count: number): void {
  if (count >= 2) return;
  throw new DataError({
    code: "STATS_TOO_FEW",
    message: "A standard deviation needs two values",
    expected: "2 or more",
    got: String(count),
    fix: "Run more seeds.",
  });
}
