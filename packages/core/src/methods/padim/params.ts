import { z } from "zod";
import { patchFeatureParams } from "../patch-detection/params.ts";

export const padimParams = z.strictObject({
  features: patchFeatureParams,
  numFeatures: z
    .int()
    .min(1)
    .max(512)
    .default(64)
    .describe("Features of each patch that are used, drawn at random by the seed; all where there are no more"),
  shrinkage: z.number().positive().max(1).default(0.01).describe("Added to the diagonal of every covariance"),
});

export type PadimParams = z.infer<typeof padimParams>;
