import { z } from "zod";

/** What becomes of a refined region's level before it is fused. */
export const refinementLevels = ["as-is", "median"] as const;
export type RefinementLevel = (typeof refinementLevels)[number];

/** How a trained model is applied; every step can be left out. */
export const detectionParams = z
  .strictObject({
    sizePx: z
      .int()
      .min(32)
      .max(4096)
      .default(256)
      .describe("Width and height that images are brought to; a multiple of what the tower needs"),
    smoothingPx: z
      .number()
      .min(0)
      .max(64)
      .default(2)
      .describe("Standard deviation of the Gaussian that smooths maps, in pixels of the resized image; 0: none"),
    windowPx: z
      .int()
      .min(0)
      .max(4096)
      .default(0)
      .describe(
        "Side of windows that are encoded by themselves, half overlapping, and averaged; 0: the image as a whole",
      ),
    refinement: z
      .strictObject({
        maxObjectShare: z
          .number()
          .min(0)
          .max(1)
          .default(0)
          .describe(
            "Images whose thing covers at most this share are refined; 0: none, 1: all. A texture that fills the image covers 1",
          ),
        numRegions: z.int().min(1).max(16).default(3).describe("Candidate regions of an image"),
        regionPx: z.int().min(16).max(4096).default(128).describe("Side of a region, in pixels of the resized image"),
        zoom: z.int().min(1).max(8).default(2).describe("How much larger a region is encoded again"),
        weight: z.number().min(0).max(1).default(0.5).describe("Share of the refined map where there is one"),
        level: z
          .enum(refinementLevels)
          .default("as-is")
          .describe(
            "median: a refined region is shifted until its median is the coarse map's there, since logits lie at another level " +
              "where a picture is enlarged; as-is: not",
          ),
      })
      .prefault({})
      .describe("Candidate regions are found in the coarse map, encoded again at a higher resolution, and fused"),
  })
  .prefault({})
  .describe("How maps are made of images");

export type DetectionParams = z.infer<typeof detectionParams>;

/** Is more than the whole picture encoded? The graph of a model's file does that alone, and then gives other maps. */
export const looksCloser = ({ windowPx, refinement }: DetectionParams): boolean =>
  windowPx > 0 || refinement.maxObjectShare > 0;
