import { z } from "zod";
import { clipAdaEvaluateParams } from "../../stages/clip-ada-evaluate/definition.ts";
import { clipAdaTrainParams } from "../../stages/clip-ada-train/definition.ts";
import { clipImportParams } from "../../stages/clip-import/definition.ts";
import { clipPretrainParams } from "../../stages/clip-pretrain/definition.ts";

const pretrain = clipPretrainParams.omit({ threads: true, device: true });

/** Where the two towers of a CLIP come from. */
export const clipSource = z
  .discriminatedUnion("source", [
    z.strictObject({
      source: z.literal("pretrain").describe("A small CLIP pre-trained here"),
      pretrain: pretrain.prefault({}),
    }),
    z.strictObject({
      source: z.literal("import").describe("Weights that somebody else trained, or random ones of their architectures"),
      import: clipImportParams,
    }),
  ])
  .prefault({ source: "pretrain" })
  .describe("Where the two towers come from");

const { data, method, synthesis, window, losses, training, detection, validation, threads, device, memoryGib } =
  clipAdaTrainParams.shape;

export const clipAdaRecipeParams = z.strictObject({
  data,
  clip: clipSource,
  setting: z
    .enum(["unified", "per-category"])
    .default("unified")
    .describe(
      "unified: one model for all categories. per-category: one each, for the categories that the sources name",
    ),
  method,
  synthesis,
  window,
  losses,
  training,
  detection,
  validation,
  compareRefinement: z
    .boolean()
    .default(false)
    .describe("Evaluates twice more: with the regions of no image refined, and of every image"),
  numSampleImages: clipAdaEvaluateParams.shape.numSampleImages,
  threads,
  device,
  memoryGib,
});

export type ClipAdaRecipeParams = z.infer<typeof clipAdaRecipeParams>;
export type ClipSource = z.infer<typeof clipSource>;
