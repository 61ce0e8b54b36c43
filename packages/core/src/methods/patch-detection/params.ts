import { z } from "zod";

/** Which patch features a detector compares, and how large pictures are: the same for all that share a tower. */
export const patchFeatureParams = z
  .strictObject({
    imageSizePx: z.int().min(32).max(1024).default(256).describe("Width and height that pictures are brought to"),
    layers: z
      .array(z.int().positive())
      .min(1)
      .default([8, 16])
      .describe("Layers of the tower: strides 4, 8, 16 of the small one, blocks of a ViT. Maps of the finest grid"),
    projected: z
      .boolean()
      .default(false)
      .describe("Features in the joint space of images and texts, not the layer's own"),
    smoothingPx: z
      .number()
      .min(0)
      .max(64)
      .default(4)
      .describe("Gaussian over the map, in pixels of the picture; 0: none"),
  })
  .prefault({})
  .describe("Patch features");

export type PatchFeatureParams = z.infer<typeof patchFeatureParams>;

export const settings = ["unified", "per-category"] as const;

export const settingParam = z
  .enum(settings)
  .default("unified")
  .describe(
    "unified: one model for all categories, which it is not told. per-category: one for each, as often published",
  );
