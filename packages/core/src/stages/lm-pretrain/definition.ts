import { z } from "zod";
import { dataParams, dataReference } from "../../data/choice.ts";
import { decoderConfig, projectorConfig } from "../../models/llava/config.ts";
import { packedTrainingShape } from "../packed-training-params.ts";
import { deviceParam, threadsParam } from "../resource-params.ts";
import type { StageDefinition } from "../stage.ts";

export const lmPretrainParams = z.strictObject({
  data: dataParams,
  decoder: decoderConfig
    .prefault({ dim: 32, layers: 2, heads: 4, kvHeads: 2, hidden: 96, ropeBase: 10_000 })
    .describe("Sizes of the language model"),
  projector: projectorConfig
    .prefault({ mergeSide: 2, merge: "average" })
    .describe("How patch features become image tokens"),
  training: z
    .strictObject(packedTrainingShape({ numSteps: 300, batchSize: 32, learningRate: 2e-3, warmupSteps: 20 }))
    .prefault({}),
  threads: threadsParam(1),
  device: deviceParam,
});

export type LmPretrainParams = z.infer<typeof lmPretrainParams>;

/**
 * A language model from random weights, on text alone: captions stand where pictures will, questions and answers follow. It
 * stands in for Qwen, and leaves a whole model whose projector knows nothing yet.
 */
export const lmPretrain: StageDefinition<LmPretrainParams> = {
  kind: "lm-pretrain",
  version: 1,
  title: "Language pre-training",
  params: lmPretrainParams,
  inputs: { encoder: { description: "The vision encoder that the model will look through" } },
  outputs: {
    model: { description: "A whole model: encoder, untrained projector, language model, tokenizer", hasParts: true },
  },
  resources: ({ device, threads }) => ({ device, threads, memoryBytes: 2 ** 30 }),
  batchSize: ({ training }) => training.batchSize,
  data: ({ data }) => dataReference(data),
};
