import { z } from "zod";
import { dataParams, dataReference } from "../../data/choice.ts";
import { deviceParam, threadsParam } from "../resource-params.ts";
import type { StageDefinition } from "../stage.ts";

export const vlmEvaluateParams = z.strictObject({
  data: dataParams,
  condition: z
    .enum(["full", "image-blanked"])
    .default("full")
    .describe(
      "full: pictures as they are. image-blanked: every picture replaced by mid-grey, what the questions alone give",
    ),
  numNewTokens: z.int().min(1).max(256).default(4).describe("Longest answer, in tokens"),
  batchSize: z.int().min(1).max(1024).default(64).describe("Questions decoded at once"),
  numSampleImages: z.int().min(0).max(10_000).default(300).describe("Pictures kept for the page of samples"),
  threads: threadsParam(1),
  device: deviceParam,
});

export type VlmEvaluateParams = z.infer<typeof vlmEvaluateParams>;

/** Answers every test question by greedy decoding and scores the answers by VQAv2 accuracy. */
export const vlmEvaluate: StageDefinition<VlmEvaluateParams> = {
  kind: "vlm-evaluate",
  version: 1,
  title: "Evaluation",
  params: vlmEvaluateParams,
  inputs: {
    model: { description: "A model as vlm-sft or llava-train leaves it" },
    features: { description: "The pictures' features, where a stage has made them already", optional: true },
  },
  outputs: {},
  resources: ({ device, threads }) => ({ device, threads, memoryBytes: 2 ** 30 }),
  data: ({ data }) => dataReference(data),
};
