import { aupro, auroc, averagePrecision, f1Max, type ScoredSamples } from "../metrics/index.ts";
import { defineVerifiers } from "./define.ts";

/** metric.auroc, metric.average_precision, metric.f1_max, metric.aupro. */
export const anomalyMetricVerifiers = defineVerifiers({
  "metric.auroc": (inputs) => ({ value: auroc(samples(inputs)) }),
  "metric.average_precision": (inputs) => ({ value: averagePrecision(samples(inputs)) }),
  "metric.f1_max": (inputs) => ({ value: f1Max(samples(inputs)) }),
  "metric.aupro": (inputs, params) => {
    const [, height = 0, width = 0] = inputs.shape("maps");
    const masks = Uint8Array.from(inputs.numbers("masks"));
    const { value, numRegions } = aupro(
      { maps: Float32Array.from(inputs.numbers("maps")), masks, width, height },
      { limit: params.number("limit") },
    );
    return { value, regions: { json: numRegions } };
  },
});

function samples(inputs: { numbers(name: string): number[] }): ScoredSamples {
  return { scores: inputs.numbers("scores"), labels: inputs.numbers("labels") };
}
