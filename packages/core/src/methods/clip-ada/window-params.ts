import { z } from "zod";

export const windowParams = z
  .strictObject({
    cropPx: z.int().min(32).max(1024).default(128).describe("Width and height of the windows that are trained on"),
    minZoom: z.number().min(0.25).max(4).default(0.8).describe("Weakest enlargement of a window"),
    maxZoom: z.number().min(0.25).max(4).default(1.25).describe("Strongest enlargement of a window"),
    wholeShare: z
      .number()
      .min(0)
      .max(1)
      .default(0.5)
      .describe(
        "Share of windows that are cut at whole pixels and neither enlarged nor shrunk, so that they are as sharp as the pictures " +
          "that are evaluated; the others are resampled, which blurs them",
      ),
    pictures: z
      .enum(["images", "categories"])
      .default("images")
      .describe("Every picture is equally likely, or every category, whatever its number of pictures"),
    light: z
      .number()
      .min(0)
      .max(0.5)
      .default(0.2)
      .describe("Steepest slope of light over a window: brightness changes by up to this share at its edges; 0: none"),
    flips: z.boolean().default(true).describe("Windows are mirrored along both axes at random"),
  })
  .refine(({ minZoom, maxZoom }) => minZoom <= maxZoom, { path: ["minZoom"], message: "minZoom is at most maxZoom" })
  .prefault({})
  .describe("Windows of the training images");

export type WindowParams = z.infer<typeof windowParams>;
