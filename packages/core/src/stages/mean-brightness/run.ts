// [node]
import { loadAnomalyData } from "../../data/anomaly/loaders.ts";
import { evaluateAnomalies } from "../../methods/anomaly-evaluation/evaluate.ts";
import { meanBrightness } from "../../methods/anomaly-evaluation/scorer.ts";
import { logData } from "../detector-run.ts";
import type { StageContext } from "../stage.ts";
import type { MeanBrightnessParams } from "./definition.ts";

export async function runMeanBrightness(context: StageContext<MeanBrightnessParams>): Promise<void> {
  const { data: source, imageSizePx, numSampleImages } = context.params;
  const data = await loadAnomalyData(source, context.signal);
  logData(data, context);
  await evaluateAnomalies({ data, numSampleImages, scorerOf: async () => meanBrightness(imageSizePx) }, context);
}
