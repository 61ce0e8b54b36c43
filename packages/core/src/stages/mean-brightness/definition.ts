import { z } from "zod";
import { anomalyDataParams, anomalyDataReference } from "../../data/anomaly/choice.ts";
import { sampleImagesParam } from "../detector-params.ts";
import type { StageDefinition } from "../stage.ts";

export const meanBrightnessParams = z.strictObject({
  data: anomalyDataParams,
  imageSizePx: z.int().min(32).max(1024).default(256).describe("Width and height that pictures are brought to"),
  numSampleImages: sampleImagesParam,
});

export type MeanBrightnessParams = z.infer<typeof meanBrightnessParams>;

/** A control: brightness as the score, of pixels and of pictures. A set on which it does well gives its defects away. */
export const meanBrightness: StageDefinition<MeanBrightnessParams> = {
  kind: "mean-brightness",
  version: 1,
  title: "Mean brightness",
  params: meanBrightnessParams,
  inputs: {},
  outputs: {},
  resources: () => ({ device: "cpu", threads: 1, memoryBytes: 2 ** 30 }),
  data: ({ data }) => anomalyDataReference(data),
};
