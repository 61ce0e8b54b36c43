import { rankSamples, type ScoredSamples, type Thresholds, thresholdsOf } from "./ranking.ts";

/**
 * Average precision, in [0, 1]: the sum of (R_n - R_(n-1)) P_n over distinct scores, without interpolation, as scikit-learn
 * has it. Constant scores give the prevalence.
 * @throws DataError when a class is absent or a score is NaN.
 */
export function averagePrecision(samples: ScoredSamples): number {
  return averagePrecisionOf(thresholdsOf(rankSamples(samples, "averagePrecision")));
}

export function averagePrecisionOf({ numPositives, truePositives, falsePositives }: Thresholds): number {
  let sum = 0;
  let lastTrue = 0;
  for (let at = 0; at < truePositives.length; at++) {
    const numTrue = truePositives[at]!;
    sum += (numTrue - lastTrue) * (numTrue / (numTrue + falsePositives[at]!));
    lastTrue = numTrue;
  }
  return sum / numPositives;
}
