import { z } from "zod";
import { patchFeatureParams } from "../patch-detection/params.ts";

export const memoryBankParams = z.strictObject({
  features: patchFeatureParams,
  maxPatches: z
    .int()
    .min(1)
    .max(100_000)
    .default(8_192)
    .describe("Most patches of a layer that are remembered, drawn uniformly where there are more"),
});

export type MemoryBankParams = z.infer<typeof memoryBankParams>;
