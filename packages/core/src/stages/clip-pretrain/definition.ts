import { z } from "zod";
import { captionDataReference, captionParams } from "../../data/captions/choice.ts";
import { contrastiveLosses } from "../../models/clip/pretrain-graph.ts";
import { deviceParam, threadsParam } from "../resource-params.ts";
import type { StageDefinition } from "../stage.ts";
import { trainingShape } from "../training-params.ts";

export const clipPretrainParams = z.strictObject({
  captions: captionParams,
  size: z
    .enum(["small", "tiny"])
    .default("small")
    .describe("Size of both towers: small 1.2 million parameters, tiny 0.1"),
  loss: z
    .enum(contrastiveLosses)
    .default("infonce")
    .describe("Symmetric contrastive loss (CLIP) or pairwise sigmoids (SigLIP)"),
  norm: z.enum(["batch", "group"]).default("batch").describe("Normalisation in the image tower"),
  brightness: z
    .enum(["none", "shift", "standardize"])
    .default("standardize")
    .describe("What happens to each image's brightness before the tower sees it"),
  sizePx: z.int().min(32).max(512).multipleOf(16).default(64).describe("Width and height that pictures are brought to"),
  training: z
    .strictObject({
      ...trainingShape({ numSteps: 300, batchSize: 32, learningRate: 1e-3, warmupSteps: 20, weightDecay: 0.05 }),
      numSteps: z
        .int()
        .min(0)
        .max(10_000_000)
        .multipleOf(10)
        .default(300)
        .describe("Optimiser steps; 0 leaves random weights: nothing is pre-trained"),
      batchSize: z.int().min(2).max(4096).default(32).describe("Pictures a step, all with different captions"),
    })
    .prefault({}),
  threads: threadsParam(2),
  device: deviceParam,
});

export type ClipPretrainParams = z.infer<typeof clipPretrainParams>;

/** A small CLIP from random weights: images and captions into one space. */
export const clipPretrain: StageDefinition<ClipPretrainParams> = {
  kind: "clip-pretrain",
  version: 1,
  title: "CLIP pre-training",
  params: clipPretrainParams,
  inputs: {},
  outputs: {
    tower: { description: "The image tower: one ONNX file with its configuration as metadata" },
    text: { description: "The text tower with its tokenizer" },
  },
  resources: ({ device, threads }) => ({ device, threads, memoryBytes: 2 * 2 ** 30 }),
  data: ({ captions }) => captionDataReference(captions),
};
