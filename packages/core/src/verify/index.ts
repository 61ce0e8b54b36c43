import { engineVerifiers, type VerifierTable } from "@retort/engine/verify";
import { anomalyMetricVerifiers } from "./anomaly-metrics.ts";
import { divergenceVerifiers } from "./divergences.ts";
import { llavaKdVerifiers } from "./llava-kd.ts";
import { lossVerifiers } from "./losses.ts";
import { statisticsVerifiers } from "./statistics.ts";
import { sweepVerifiers } from "./sweeps.ts";
import { synthesisVerifiers } from "./synthesis.ts";
import { vqaMetricVerifiers } from "./vqa-metrics.ts";

/** Everything that reference cases can be checked against, by the op of a case: what `retort verify` runs. */
export const verifiers: VerifierTable = {
  ...engineVerifiers,
  ...anomalyMetricVerifiers,
  ...vqaMetricVerifiers,
  ...statisticsVerifiers,
  ...sweepVerifiers,
  ...synthesisVerifiers,
  ...divergenceVerifiers,
  ...llavaKdVerifiers,
  ...lossVerifiers,
};
