import { rankSamples, type ScoredSamples, type Thresholds, thresholdsOf } from "./ranking.ts";

/**
 * Area under the ROC curve, in [0, 1]: the probability that an anomalous sample scores higher than a normal one, ties half.
 * @throws DataError when a class is absent or a score is NaN.
 */
export function auroc(samples: ScoredSamples): number {
  return aurocOf(thresholdsOf(rankSamples(samples, "auroc")));
}

export function aurocOf({
  numPositives,
  numNegatives,
  truePositives,
  falsePositives,
  tiedNegatives,
}: Thresholds): number {
  let twiceWins = 0;
  let lastTrue = 0;
  for (let at = 0; at < truePositives.length; at++) {
    const numBelow = numNegatives - falsePositives[at]!;
    twiceWins += (truePositives[at]! - lastTrue) * (2 * numBelow + tiedNegatives[at]!);
    lastTrue = truePositives[at]!;
  }
  return twiceWins / 2 / numPositives / numNegatives;
}
