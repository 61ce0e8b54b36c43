import { z } from "zod";
import { patchFeatureParams } from "../patch-detection/params.ts";

/** cosine: 1 - cosine, of directions alone. euclidean: of features as they are, length included. */
const patchDistances = ["cosine", "euclidean"] as const;

export type PatchDistance = (typeof patchDistances)[number];

export const memoryBankParams = z.strictObject({
  features: patchFeatureParams,
  distance: z
    .enum(patchDistances)
    .default("cosine")
    .describe(
      "cosine: as published, blind to the length of features. euclidean: for towers whose defects differ by length",
    ),
  maxPatches: z
    .int()
    .min(1)
    .max(100_000)
    .default(8_192)
    .describe("Most patches of a layer that are remembered, drawn uniformly where there are more"),
});

export type MemoryBankParams = z.infer<typeof memoryBankParams>;
