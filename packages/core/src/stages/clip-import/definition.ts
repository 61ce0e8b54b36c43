import { z } from "zod";
import { describedLocation } from "../../data/sources/location.ts";
import { modelFiles } from "../../data/sources/model-files.ts";
import { imageTowerNames } from "../../models/clip/sizes.ts";
import type { StageDefinition } from "../stage.ts";

export const clipImportParams = z.strictObject({
  weights: z
    .discriminatedUnion("source", [
      z.strictObject({
        source: z.literal("onnx"),
        image: describedLocation("ONNX file of the image tower with its projection, as a hub exports it"),
        text: describedLocation("ONNX file of the text tower with its projection; may be the same file"),
        vocabulary: describedLocation(
          "CLIP's byte pairs (bpe_simple_vocab_16e6.txt, also .gz), or a folder with tokenizer.json",
        ),
        imageSizePx: z
          .int()
          .positive()
          .default(224)
          .describe("Image size that the file was exported for, where it leaves it open"),
        headDim: z.int().positive().default(64).describe("Width of an attention head; 64 in every published CLIP"),
      }),
      z.strictObject({
        source: z.literal("random"),
        architecture: z
          .enum(imageTowerNames)
          .describe("Random weights of a published architecture: for shapes, speed and gradients, not for results"),
        vocabulary: describedLocation(
          "CLIP's byte pairs (bpe_simple_vocab_16e6.txt, also .gz), or a folder with tokenizer.json",
        ),
      }),
    ])
    .describe("Where the two towers come from"),
  brightness: z
    .enum(["none", "shift", "standardize"])
    .default("shift")
    .describe("What happens to each image's brightness before the tower sees it"),
});

export type ClipImportParams = z.infer<typeof clipImportParams>;

/** Reads the two towers of a CLIP that somebody else trained. */
export const clipImport: StageDefinition<ClipImportParams> = {
  kind: "clip-import",
  version: 1,
  title: "CLIP import",
  params: clipImportParams,
  inputs: {},
  outputs: {
    tower: { description: "The image tower: one ONNX file with its configuration as metadata" },
    text: { description: "The text tower with its tokenizer" },
  },
  resources: () => ({ device: "cpu", threads: 1, memoryBytes: 6 * 2 ** 30 }),
  data: ({ weights }) => {
    const files = weights.source === "onnx" ? [weights.image, weights.text] : [];
    return { adapter: modelFiles.name, params: { locations: [...new Set([...files, weights.vocabulary])], data: [] } };
  },
};
