import { forEachThreshold, type Ranking, rankSamples, type ScoredSamples } from "./ranking.ts";

/**
 * Area under the ROC curve, in [0, 1]: the probability that an anomalous sample scores higher than a normal one, ties half.
 * @throws DataError when a class is absent or a score is NaN.
 */
export function auroc(samples: ScoredSamples): number {
  return aurocOf(rankSamples(samples, "auroc"));
}

export function aurocOf(ranking: Ranking): number {
  const { positives, negatives } = ranking;
  let twiceWins = 0;
  let lastTrue = 0;
  forEachThreshold(ranking, ({ truePositives, falsePositives, tiedNegatives }) => {
    const numBelow = negatives.length - falsePositives;
    twiceWins += (truePositives - lastTrue) * (2 * numBelow + tiedNegatives);
    lastTrue = truePositives;
  });
  return twiceWins / 2 / positives.length / negatives.length;
}
