import { z } from "zod";
import { patchFeatureParams } from "../patch-detection/params.ts";

export const patchcoreParams = z.strictObject({
  features: patchFeatureParams,
  neighbourhood: z
    .union([z.literal(1), z.literal(3), z.literal(5)])
    .default(3)
    .describe("Patches a side that are averaged into one feature"),
  poolPatches: z
    .int()
    .min(10)
    .max(1_000_000)
    .default(40_000)
    .describe("Patches the core set is chosen from, drawn uniformly where there are more"),
  memoryPatches: z.int().min(1).max(100_000).default(4_000).describe("Patches of the core set"),
  projectionDim: z
    .int()
    .min(0)
    .max(1024)
    .default(64)
    .describe("Random projection in which the core set is chosen; 0: the features themselves"),
  neighbours: z
    .int()
    .min(1)
    .max(100)
    .default(9)
    .describe("Neighbours in the memory that weigh the score of an image; 1: no weighing"),
});

export type PatchcoreParams = z.infer<typeof patchcoreParams>;
