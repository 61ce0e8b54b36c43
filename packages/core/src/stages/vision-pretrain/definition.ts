import { z } from "zod";
import { dataParams, dataReference } from "../../data/choice.ts";
import { encoderConfig } from "../../models/llava/encoder-file.ts";
import { augmentParams } from "../../train/augment.ts";
import { deviceParam, threadsParam } from "../resource-params.ts";
import type { StageDefinition } from "../stage.ts";
import { trainingShape } from "../training-params.ts";

export const visionPretrainParams = z.strictObject({
  data: dataParams,
  encoder: encoderConfig
    .prefault({
      imageSizePx: 32,
      vision: { patchSizePx: 4, stem: "convolution", dim: 96, layers: 3, heads: 4, hidden: 384 },
    })
    .describe("Sizes of the encoder"),
  training: z
    .strictObject({
      ...trainingShape({ numSteps: 2000, batchSize: 64, learningRate: 1e-3, warmupSteps: 100 }),
      labelSmoothing: z.number().min(0).max(0.5).default(0.1).describe("Share of the target spread over all classes"),
      augment: augmentParams.prefault({ shiftPx: 3, flip: "horizontal" }),
    })
    .prefault({}),
  threads: threadsParam(1),
  device: deviceParam,
});

export type VisionPretrainParams = z.infer<typeof visionPretrainParams>;

/**
 * A vision encoder from random weights, by the labels of all train photographs: it stands in for SigLIP or CLIP where no
 * pretrained weights are at hand. Whoever freezes it afterwards must say that it has seen labels.
 */
export const visionPretrain: StageDefinition<VisionPretrainParams> = {
  kind: "vision-pretrain",
  version: 1,
  title: "Vision pre-training",
  params: visionPretrainParams,
  inputs: {},
  outputs: { encoder: { description: "The trained encoder: one ONNX file with its sizes as metadata" } },
  resources: ({ device, threads }) => ({ device, threads, memoryBytes: 2 ** 30 }),
  batchSize: ({ training }) => training.batchSize,
  data: ({ data }) => dataReference(data),
};
