import { z } from "zod";
import { anomalyDataParams, anomalyDataReference } from "../../data/anomaly/choice.ts";
import { sampleImagesParam } from "../detector-params.ts";
import { deviceParam, memoryBytesOf, memoryGibParam, threadsParam } from "../resource-params.ts";
import type { StageDefinition } from "../stage.ts";

export const clipAdaEvaluateParams = z.strictObject({
  data: anomalyDataParams,
  refinement: z
    .enum(["chosen", "none", "all"])
    .default("chosen")
    .describe("Which images have their candidate regions refined: as training chose by object size, none, or all"),
  windowPx: z
    .int()
    .min(0)
    .max(4096)
    .nullable()
    .default(null)
    .describe("Side of half overlapping windows whose maps are averaged; 0: none; empty: as in training"),
  smoothingPx: z
    .number()
    .min(0)
    .max(64)
    .nullable()
    .default(null)
    .describe("Standard deviation of the Gaussian over maps, in pixels; empty: as training chose"),
  batchSize: z.int().min(1).max(256).default(4).describe("Images encoded at once"),
  numSampleImages: sampleImagesParam,
  threads: threadsParam(1),
  device: deviceParam,
  memoryGib: memoryGibParam,
});

export type ClipAdaEvaluateParams = z.infer<typeof clipAdaEvaluateParams>;

/** Scores every test picture of every category with one model. */
export const clipAdaEvaluate: StageDefinition<ClipAdaEvaluateParams> = {
  kind: "clip-ada-evaluate",
  version: 2,
  title: "CLIP-ADA evaluation",
  params: clipAdaEvaluateParams,
  inputs: { model: { description: "The detector of a clip-ada-train stage" } },
  outputs: {},
  resources: ({ device, threads, memoryGib }) => ({ device, threads, memoryBytes: memoryBytesOf(memoryGib, 2) }),
  data: ({ data }) => anomalyDataReference(data),
};
