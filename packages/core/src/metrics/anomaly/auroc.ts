import { forEachThreshold, type Ranking, rankSamples, type ScoredSamples } from "./ranking.ts";

/**
 * Area under the ROC curve, in [0, 1]: the probability that an anomalous sample scores higher than a normal one, ties half.
 * @throws DataError when a class is absent or a score is NaN.
 */
export function auroc(samples: ScoredSamples): number {
  return aurocOf(rankSamples(samples, "auroc"));
}

export function aurocOf(ranking: Ranking): number {
  let twiceArea = 0;
  let lastTrue = 0;
  let lastFalse = 0;
  forEachThreshold(ranking, (truePositives, falsePositives) => {
    twiceArea += (falsePositives - lastFalse) * (truePositives + lastTrue);
    lastTrue = truePositives;
    lastFalse = falsePositives;
  });
  return twiceArea / 2 / ranking.positives.length / ranking.negatives.length;
}
