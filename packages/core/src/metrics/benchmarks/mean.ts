import { mean } from "../input.ts";
import type { BenchmarkScorer, Checkable } from "./scorer.ts";

/** Mean of the questions' own scores. */
export function meanScore<T>(
  answered: readonly Checkable<T>[],
  scorer: Pick<BenchmarkScorer<T>, "score">,
  seed = 0,
): number {
  return mean(answered.map((each) => scorer.score(each, seed).score));
}

/** Items by a key, in the order in which the keys first occur. */
export function groupedBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const name = key(item);
    const group = groups.get(name);
    if (group) group.push(item);
    else groups.set(name, [item]);
  }
  return groups;
}
