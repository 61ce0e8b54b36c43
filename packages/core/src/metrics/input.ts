import { DataError } from "../base/errors.ts";

/** @throws DataError METRIC_EMPTY: the mean of nothing is no number. */
export function requireSamples(count: number, metric: string): void {
  if (count > 0) return;
  throw new DataError({
    code: "METRIC_EMPTY",
    message: `The metric ${metric} needs at least one sample`,
    expected: "1 or more",
    got: "none",
  });
}

/** @throws DataError METRIC_LENGTH unless both have the same number of entries. */
export function requireEqualLengths(counts: Record<string, number>, metric: string): void {
  if (new Set(Object.values(counts)).size <= 1) return;
  const got = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  throw new DataError({
    code: "METRIC_LENGTH",
    message: `The inputs of ${metric} do not belong together`,
    expected: "the same number of entries in each",
    got: got.join(", "),
  });
}

export function mean(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
