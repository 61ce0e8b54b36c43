import { z } from "zod";
import { anomalyDataParams, anomalyDataReference } from "../../data/anomaly/choice.ts";
import { synthesisParams } from "../../data/synthetic/anomaly/synthesis-params.ts";
import { detectionParams } from "../../methods/clip-ada/detection.ts";
import { clipAdaParams, lossParams } from "../../methods/clip-ada/params.ts";
import { windowParams } from "../../methods/clip-ada/window-params.ts";
import { deviceParam, memoryBytesOf, memoryGibParam, threadsParam } from "../resource-params.ts";
import type { StageDefinition } from "../stage.ts";

export const clipAdaTrainParams = z.strictObject({
  data: anomalyDataParams,
  method: clipAdaParams,
  synthesis: synthesisParams,
  window: windowParams,
  losses: lossParams,
  training: z
    .strictObject({
      numSteps: z
        .int()
        .min(10)
        .max(1_000_000)
        .multipleOf(10)
        .default(800)
        .describe("Optimiser steps; a multiple of 10"),
      batchSize: z.int().min(1).max(1024).default(16).describe("Windows a step"),
      learningRate: z.number().positive().max(1).default(2e-3).describe("Highest learning rate; cosine decay to zero"),
      warmupSteps: z.int().min(0).default(20).describe("Steps over which the learning rate rises from zero"),
      weightDecay: z
        .number()
        .min(0)
        .max(1)
        .default(0.01)
        .describe("AdamW's decoupled decay; norms, biases and prompts take none"),
      maxGradNorm: z.number().positive().default(1).describe("Gradients are scaled down to this global L2 norm"),
      checkpointEverySteps: z.int().min(10).default(200).describe("Steps between resumable checkpoints"),
    })
    .prefault({}),
  detection: detectionParams,
  validation: z
    .strictObject({
      heldOutShare: z
        .number()
        .min(0)
        .max(0.5)
        .default(0.1)
        .describe(
          "Share of each category's normal pictures that training leaves out; synthetic anomalies in them decide",
        ),
      numImages: z
        .int()
        .min(2)
        .max(1000)
        .default(20)
        .describe("Validation images of each category, half of them spoilt"),
      chooses: z
        .boolean()
        .default(true)
        .describe(
          "Smoothing and up to which object size regions are refined are chosen by pixel AP there; false: as given",
        ),
      triesLevels: z
        .boolean()
        .default(false)
        .describe("Every level of refined regions is tried as well and the best chosen; false: the one given"),
    })
    .prefault({})
    .describe("Synthetic validation; no test picture is looked at"),
  threads: threadsParam(2),
  device: deviceParam,
  memoryGib: memoryGibParam,
});

export type ClipAdaTrainParams = z.infer<typeof clipAdaTrainParams>;

/** Learns to tell normal patches from abnormal ones on synthetic anomalies in normal images, one model for all categories. */
export const clipAdaTrain: StageDefinition<ClipAdaTrainParams> = {
  kind: "clip-ada-train",
  version: 4,
  title: "CLIP-ADA training",
  params: clipAdaTrainParams,
  inputs: {
    tower: { description: "Image tower of a clip-pretrain or clip-import stage" },
    text: { description: "Text tower of the same stage" },
  },
  outputs: {
    model: { description: "The detector: one ONNX file, image to map and score, the prompts folded in" },
    tower: { description: "The image tower as it is after training; in the frozen regime the one that came in" },
  },
  resources: ({ device, threads, memoryGib }) => ({ device, threads, memoryBytes: memoryBytesOf(memoryGib, 3) }),
  data: ({ data }) => anomalyDataReference(data),
};
