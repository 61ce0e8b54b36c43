import { forEachThreshold, type Ranking, rankSamples, type ScoredSamples } from "./ranking.ts";

/**
 * The largest F1 over all thresholds "score >= t", in [0, 1].
 * @throws DataError when a class is absent or a score is NaN.
 */
export function f1Max(samples: ScoredSamples): number {
  return f1MaxOf(rankSamples(samples, "f1Max"));
}

export function f1MaxOf(ranking: Ranking): number {
  let best = 0;
  forEachThreshold(ranking, ({ truePositives, falsePositives }) => {
    const f1 = (2 * truePositives) / (ranking.positives.length + truePositives + falsePositives);
    if (f1 > best) best = f1;
  });
  return best;
}
