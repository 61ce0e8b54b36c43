import { z } from "zod";
import { dataParams, dataReference } from "../../data/choice.ts";
import { llavaSizeNames } from "../../models/llava/sizes.ts";
import { augmentParams } from "../../train/augment.ts";
import { questionOrders } from "../../train/question-order.ts";
import { deviceParam, threadsParam } from "../resource-params.ts";
import type { StageDefinition } from "../stage.ts";

export const vlmSftParams = z.strictObject({
  data: dataParams,
  size: z
    .enum(llavaSizeNames)
    .default("micro")
    .describe("Size of the model: nano 0.3 million parameters, micro 0.65 million"),
  training: z
    .strictObject({
      numSteps: z
        .int()
        .min(10)
        .max(1_000_000)
        .multipleOf(10)
        .default(600)
        .describe("Optimiser steps; a multiple of 10"),
      batchSize: z
        .int()
        .min(1)
        .max(1024)
        .default(16)
        .describe("Pictures a step, each with as many of its questions as fit"),
      numTextTokens: z
        .int()
        .min(8)
        .max(4096)
        .default(48)
        .describe("Text tokens a picture: all its questions are packed into them"),
      questionOrder: z
        .enum(questionOrders)
        .default("open-first")
        .describe(
          "Which of a picture's questions are packed while they fit: open-first prefers those that yes or no cannot answer",
        ),
      learningRate: z.number().positive().max(1).default(1e-3).describe("Highest learning rate; cosine decay to zero"),
      warmupSteps: z.int().min(0).default(50).describe("Steps over which the learning rate rises from zero"),
      weightDecay: z
        .number()
        .min(0)
        .max(1)
        .default(0.05)
        .describe("AdamW's decoupled decay; norms, biases and positions take none"),
      maxGradNorm: z.number().positive().default(1).describe("Gradients are scaled down to this global L2 norm"),
      augment: augmentParams.prefault({}),
      checkpointEverySteps: z.int().min(10).default(200).describe("Steps between resumable checkpoints"),
    })
    .prefault({}),
  threads: threadsParam(2),
  device: deviceParam,
});

export type VlmSftParams = z.infer<typeof vlmSftParams>;

/** Supervised fine-tuning of a small vision-language model from random weights, on the answers of a question set. */
export const vlmSft: StageDefinition<VlmSftParams> = {
  kind: "vlm-sft",
  version: 2,
  title: "Supervised fine-tuning",
  params: vlmSftParams,
  inputs: {},
  outputs: {
    model: { description: "The trained model: one ONNX file with its configuration and tokenizer as metadata" },
  },
  resources: ({ device, threads }) => ({ device, threads, memoryBytes: 2 * 2 ** 30 }),
  batchSize: ({ training }) => training.batchSize,
  data: ({ data }) => dataReference(data),
};
