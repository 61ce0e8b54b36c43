import { z } from "zod";
import { dataParams, dataReference } from "../../data/choice.ts";
import { llavaSizeNames } from "../../models/llava/sizes.ts";
import { augmentParams } from "../../train/augment.ts";
import { packingShape } from "../packed-training-params.ts";
import { deviceParam, threadsParam } from "../resource-params.ts";
import type { StageDefinition } from "../stage.ts";
import { trainingShape } from "../training-params.ts";

export const vlmSftParams = z.strictObject({
  data: dataParams,
  size: z
    .enum(llavaSizeNames)
    .default("micro")
    .describe("Size of the model: nano 0.3 million parameters, micro 0.65 million"),
  training: z
    .strictObject({
      ...trainingShape({
        numSteps: 600,
        batchSize: 16,
        learningRate: 1e-3,
        warmupSteps: 50,
        weightDecay: 0.05,
        checkpointEverySteps: 200,
      }),
      ...packingShape,
      augment: augmentParams.prefault({}),
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
    model: {
      description: "The trained model: one ONNX file with its configuration and tokenizer as metadata",
      hasParts: true,
    },
  },
  resources: ({ device, threads }) => ({ device, threads, memoryBytes: 2 * 2 ** 30 }),
  batchSize: ({ training }) => training.batchSize,
  data: ({ data }) => dataReference(data),
};
