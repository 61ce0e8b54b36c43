import { rankSamples, type ScoredSamples, type Thresholds, thresholdsOf } from "./ranking.ts";

/**
 * The largest F1 over all thresholds "score >= t", in [0, 1].
 * @throws DataError when a class is absent or a score is NaN.
 */
export function f1Max(samples: ScoredSamples): number {
  return f1MaxOf(thresholdsOf(rankSamples(samples, "f1Max")));
}

export function f1MaxOf({ numPositives, truePositives, falsePositives }: Thresholds): number {
  let best = 0;
  for (let at = 0; at < truePositives.length; at++) {
    const numTrue = truePositives[at]!;
    const f1 = (2 * numTrue) / (numPositives + numTrue + falsePositives[at]!);
    if (f1 > best) best = f1;
  }
  return best;
}
