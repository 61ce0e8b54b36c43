import { forEachThreshold, type Ranking, rankSamples, type ScoredSamples } from "./ranking.ts";

/**
 * Average precision, in [0, 1]: the sum of (R_n - R_(n-1)) P_n over distinct scores, without interpolation, as scikit-learn
 * has it. Constant scores give the prevalence.
 * @throws DataError when a class is absent or a score is NaN.
 */
export function averagePrecision(samples: ScoredSamples): number {
  return averagePrecisionOf(rankSamples(samples, "averagePrecision"));
}

export function averagePrecisionOf(ranking: Ranking): number {
  let sum = 0;
  let lastTrue = 0;
  forEachThreshold(ranking, ({ truePositives, falsePositives }) => {
    sum += (truePositives - lastTrue) * (truePositives / (truePositives + falsePositives));
    lastTrue = truePositives;
  });
  return sum / ranking.positives.length;
}
