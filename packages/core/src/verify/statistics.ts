import { z } from "zod";
import {
  clusteredStandardError,
  type Pairs,
  pairedBootstrapInterval,
  pairedTInterval,
  pairedTTest,
  summarize,
  wilcoxonSignedRank,
} from "../metrics/index.ts";
import { defineVerifiers } from "./define.ts";

/** stats.*: seeds and paired comparisons. */
export const statisticsVerifiers = defineVerifiers({
  "stats.mean_std_sem": (inputs, params) => {
    const { mean, std, sem, low, high } = summarize(inputs.numbers("x"), { confidence: params.number("confidence") });
    return { mean, std, sem, ci_low: low, ci_high: high };
  },
  "stats.paired_t_test": (inputs) => {
    const { t, degreesOfFreedom, pTwoSided, pGreater, meanDifference } = pairedTTest(pairs(inputs));
    return { t, df: degreesOfFreedom, p_two_sided: pTwoSided, p_greater: pGreater, mean_difference: meanDifference };
  },
  "stats.paired_t_interval": (inputs, params) => {
    const { meanDifference, low, high } = pairedTInterval(pairs(inputs), { confidence: params.number("confidence") });
    return { mean_difference: meanDifference, low, high };
  },
  "stats.paired_bootstrap_ci": (inputs, params) => {
    const [count = 0, size = 0] = inputs.shape("resamples");
    const indices = inputs.numbers("resamples");
    const resamples = Array.from({ length: count }, (_, row) => indices.slice(row * size, (row + 1) * size));
    const interval = pairedBootstrapInterval(pairs(inputs), { resamples, confidence: params.number("confidence") });
    return { mean_difference: interval.meanDifference, low: interval.low, high: interval.high };
  },
  "stats.wilcoxon_signed_rank": (inputs, params) => {
    const method = params.parse("method", z.enum(["exact", "approx"]));
    const continuityCorrection = params.parse("continuity_correction", z.boolean());
    const test = wilcoxonSignedRank(pairs(inputs), { method, continuityCorrection });
    const { w, wPlus, wMinus, numNonzero, pTwoSided } = test;
    return { w, w_plus: wPlus, w_minus: wMinus, n_nonzero: numNonzero, p_two_sided: pTwoSided };
  },
  "stats.clustered_se": (inputs) => {
    const error = clusteredStandardError(inputs.numbers("x"), inputs.numbers("cluster"));
    const { mean, seIid, seMiller, seCr0, numClusters } = error;
    return { mean, se_iid: seIid, se_miller: seMiller, se_cr0: seCr0, clusters: numClusters };
  },
});

function pairs(inputs: { numbers(name: string): number[] }): Pairs {
  return { a: inputs.numbers("a"), b: inputs.numbers("b") };
}
