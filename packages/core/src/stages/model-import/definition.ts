import { z } from "zod";
import { dataParams } from "../../data/choice.ts";
import { describedLocation } from "../../data/sources/location.ts";
import { modelFiles } from "../../data/sources/model-files.ts";
import { pictureConfig } from "../../models/llava/config.ts";
import { type DecoderPreset, decoderPresets, type VisionPreset, visionPresets } from "../../models/llava/presets.ts";
import type { StageDefinition } from "../stage.ts";

const names = <T extends string>(table: Record<T, unknown>) => Object.keys(table) as [T, ...T[]];

const visionSource = z
  .discriminatedUnion("source", [
    z.strictObject({
      source: z.literal("random"),
      preset: z
        .enum(names<VisionPreset>(visionPresets))
        .describe("Sizes of the encoder, which starts from random weights"),
    }),
    z.strictObject({
      source: z.literal("checkpoint"),
      from: describedLocation("CLIP or SigLIP with config.json and safetensors, alone or inside a LLaVA model"),
      featureLayer: z
        .int()
        .negative()
        .default(-2)
        .describe("Block whose output the projector reads, counted from the end; LLaVA reads the last but one"),
      dropFirst: z
        .enum(["class-token", "always", "never"])
        .default("class-token")
        .describe("Which first token is left out: CLIP's class token; always, as the code of LLaVA-KD does; or none"),
    }),
    z.strictObject({
      source: z.literal("onnx"),
      from: describedLocation("An ONNX file: pixels [batch, 3, height, width] to features [batch, tokens, width]"),
      imageSizePx: z.int().min(8).max(4096).default(224).describe("Side of the picture, where the file leaves it open"),
      output: z
        .string()
        .nullable()
        .default(null)
        .describe("Output that the projector reads; null for the first of rank three"),
      dropFirst: z.boolean().default(false).describe("Leave out the first token, as LLaVA does with a class token"),
    }),
  ])
  .prefault({ source: "random", preset: "siglip-tiny" })
  .describe("Where the vision encoder comes from");

const projectorSource = z
  .discriminatedUnion("source", [
    z.strictObject({
      source: z.literal("random"),
      mergeSide: z.int().positive().default(1).describe("Side of the square of patches that becomes one image token"),
    }),
    z.strictObject({
      source: z.literal("checkpoint"),
      from: describedLocation("A LLaVA model, or its two-layer projector alone"),
    }),
    z.strictObject({
      source: z.literal("onnx"),
      from: describedLocation("An ONNX file: features [batch, tokens, width] to image tokens"),
    }),
  ])
  .prefault({ source: "random" })
  .describe("Where the projector comes from");

const languageSource = z
  .discriminatedUnion("source", [
    z.strictObject({
      source: z.literal("random"),
      preset: z
        .enum(names<DecoderPreset>(decoderPresets))
        .describe("Sizes of the language model, which starts from random weights"),
    }),
    z.strictObject({
      source: z.literal("checkpoint"),
      from: describedLocation("Llama or Qwen2 with config.json and safetensors, alone or inside a LLaVA model"),
    }),
    z.strictObject({ source: z.literal("llama2c"), from: describedLocation("A checkpoint of llama2.c") }),
    z.strictObject({
      source: z.literal("onnx"),
      from: describedLocation(
        "An ONNX file: inputs_embeds, attention_mask, position_ids and past_key_values to logits and present",
      ),
      embedding: describedLocation("An ONNX file: token ids to embeddings"),
    }),
  ])
  .prefault({ source: "random", preset: "qwen-tiny" })
  .describe("Where the language model comes from");

const tokenizerSource = z
  .discriminatedUnion("source", [
    z.strictObject({
      source: z.literal("hub"),
      from: describedLocation("A folder with tokenizer.json and tokenizer_config.json"),
    }),
    z.strictObject({ source: z.literal("llama2c"), from: describedLocation("A tokenizer of llama2.c") }),
    z.strictObject({ source: z.literal("words"), data: dataParams }),
  ])
  .prefault({ source: "words", data: { adapter: "scenes" } })
  .describe("Where the tokenizer comes from: files, or the words of a question set");

export const modelImportParams = z.strictObject({
  vision: visionSource,
  projector: projectorSource,
  language: languageSource,
  tokenizer: tokenizerSource,
  picture: pictureConfig.prefault({}),
});
export type ModelImportParams = z.infer<typeof modelImportParams>;

/** Puts a model together from published weights, ONNX files or random numbers, part by part. */
export const modelImport: StageDefinition<ModelImportParams> = {
  kind: "model-import",
  version: 1,
  title: "Import of a model",
  params: modelImportParams,
  inputs: {},
  outputs: {
    model: { description: "The model: one ONNX file with its configuration and tokenizer as metadata", hasParts: true },
  },
  resources: () => ({ device: "cpu", threads: 1, memoryBytes: 4 * 2 ** 30 }),
  data: ({ vision, projector, language, tokenizer }) => {
    const locations = [vision, projector, language, tokenizer].flatMap((part) => [
      ...("from" in part ? [part.from] : []),
      ...("embedding" in part ? [part.embedding] : []),
    ]);
    const data = "data" in tokenizer ? [tokenizer.data] : [];
    return locations.length + data.length === 0
      ? null
      : { adapter: modelFiles.name, params: { locations: [...new Set(locations)], data } };
  },
};
