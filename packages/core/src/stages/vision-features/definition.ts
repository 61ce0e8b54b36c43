import { z } from "zod";
import { dataParams, dataReference } from "../../data/choice.ts";
import { projectorConfig } from "../../models/llava/config.ts";
import { deviceParam, threadsParam } from "../resource-params.ts";
import type { StageDefinition } from "../stage.ts";

export const visionFeaturesParams = z.strictObject({
  data: dataParams,
  merge: projectorConfig
    .prefault({ mergeSide: 2, merge: "average" })
    .describe("How patch features become what the projector reads"),
  threads: threadsParam(1),
  device: deviceParam,
});

export type VisionFeaturesParams = z.infer<typeof visionFeaturesParams>;

/** What a frozen encoder makes of every picture of a data set, computed once for all stages that read it. */
export const visionFeatures: StageDefinition<VisionFeaturesParams> = {
  kind: "vision-features",
  version: 1,
  title: "Vision features",
  params: visionFeaturesParams,
  inputs: { encoder: { description: "The encoder of vision-pretrain, or a whole model whose encoder is taken" } },
  outputs: { features: { description: "Half-precision features of both splits by picture, a safetensors file" } },
  resources: ({ device, threads }) => ({ device, threads, memoryBytes: 2 ** 30 }),
  data: ({ data }) => dataReference(data),
};
