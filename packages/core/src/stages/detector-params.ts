import { z } from "zod";
import { anomalyDataParams, anomalyDataReference } from "../data/anomaly/choice.ts";
import { settingParam } from "../methods/patch-detection/params.ts";
import { deviceParam, memoryBytesOf, memoryGibParam, threadsParam } from "./resource-params.ts";
import type { StageDefinition } from "./stage.ts";

export const sampleImagesParam = z
  .int()
  .min(0)
  .max(100_000)
  .default(10_000)
  .describe("Test pictures a category that are kept with heat map and outline of the defect");

/** Parameters of every stage that fits a detector to the patches of a tower and evaluates it. */
export const detectorStageParams = <Detector extends z.ZodType>(detector: Detector) =>
  z.strictObject({
    data: anomalyDataParams,
    setting: settingParam,
    detector,
    numSampleImages: sampleImagesParam,
    threads: threadsParam(2),
    device: deviceParam,
    memoryGib: memoryGibParam,
  });

export type DetectorStageParams<Detector> = Omit<z.infer<ReturnType<typeof detectorStageParams>>, "detector"> & {
  detector: Detector;
};

/** What those stages have in common. */
export const detectorStage = {
  inputs: { tower: { description: "An image tower, as clip-pretrain, clip-import or clip-ada-train leave it" } },
  outputs: {
    model: {
      description:
        "The detector as one ONNX file, image -> map and score; in the per-category setting the last category's alone",
    },
  },
  resources: ({
    device,
    threads,
    memoryGib,
  }: Pick<DetectorStageParams<unknown>, "device" | "threads" | "memoryGib">) => ({
    device,
    threads,
    memoryBytes: memoryBytesOf(memoryGib, 3),
  }),
  data: ({ data }: Pick<DetectorStageParams<unknown>, "data">) => anomalyDataReference(data),
} satisfies Partial<StageDefinition<DetectorStageParams<unknown>>>;
