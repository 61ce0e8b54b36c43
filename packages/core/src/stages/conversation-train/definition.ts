import { z } from "zod";
import { templateNames } from "../../data/conversation/templates.ts";
import { LLAVA_JSON_DATA, llavaJsonParams } from "../../data/llava-json/params.ts";
import { objectiveParams } from "../../methods/llava-kd/objective.ts";
import { type RowOrder, rowOrders } from "../../train/row-plan.ts";
import { deviceParam, threadsParam } from "../resource-params.ts";
import type { StageDefinition } from "../stage.ts";
import { type TrainingDefaults, trainingShape } from "../training-params.ts";

export interface ConversationTrainingDefaults extends TrainingDefaults {
  microBatchSize: number | null;
  packed: boolean;
  order: RowOrder;
}

const trainingFields = (defaults: ConversationTrainingDefaults) => ({
  ...trainingShape(defaults),
  microBatchSize: z
    .int()
    .min(1)
    .max(4096)
    .nullable()
    .default(defaults.microBatchSize)
    .describe(
      "Rows in memory at once, which must divide batchSize: their gradients are added up to the step's, each weighing as much as " +
        "the others whatever its number of answer tokens, as on LLaVA's devices. Empty: all of them",
    ),
  numTokens: z
    .int()
    .min(8)
    .max(32_768)
    .default(2048)
    .describe("Slots of a row, image tokens included (the paper's 2048)"),
  imagesPerRow: z.int().min(0).max(64).default(1).describe("Pictures that a row has room for; 0 for text alone"),
  packed: z
    .boolean()
    .default(defaults.packed)
    .describe("Several conversations a row, kept apart by the mask; else one, as in LLaVA"),
  order: z
    .enum(rowOrders)
    .default(defaults.order)
    .describe("by-modality-and-length: batches of one modality and of similar lengths, as LLaVA groups them"),
  onTooLong: z
    .enum(["error", "skip", "cut"])
    .default("error")
    .describe(
      "What a conversation longer than a row does: stop, be left out and listed, or be cut and counted, as in LLaVA",
    ),
  chunkRows: z
    .int()
    .min(16)
    .max(1_000_000)
    .default(2048)
    .describe("Rows of logits that exist at once; fewer save memory where the vocabulary is large"),
  stepsPerRun: z
    .int()
    .min(1)
    .max(100)
    .default(1)
    .describe(
      "Steps that ONNX Runtime makes in one run; must divide numSteps. More save time on small models, and hold as many batches",
    ),
});

/** How conversations are trained on; the values left out are these defaults. */
export const conversationTraining = (defaults: ConversationTrainingDefaults) =>
  z
    .strictObject(trainingFields(defaults))
    .refine(({ batchSize, microBatchSize }) => microBatchSize === null || batchSize % microBatchSize === 0, {
      path: ["microBatchSize"],
      message: "must divide batchSize: a step is cut into equal parts",
    })
    .prefault({});

export const conversationTrainParams = z.strictObject({
  data: llavaJsonParams,
  template: z
    .enum(templateNames)
    .default("phi")
    .describe("Frame of the conversations; plain for pre-training on captions"),
  trainable: z
    .enum(["projector", "projector-and-decoder", "all"])
    .default("projector-and-decoder")
    .describe(
      "What learns: the projector alone (PT, DPT), the language model too (SFT, DFT), or the vision encoder as well",
    ),
  objective: objectiveParams,
  training: conversationTraining({
    ...{ numSteps: 100, batchSize: 4, microBatchSize: null, learningRate: 2e-5, warmupSteps: 3 },
    ...{ packed: true, order: "shuffled" },
  }),
  threads: threadsParam(2),
  device: deviceParam,
});

export type ConversationTrainParams = z.infer<typeof conversationTrainParams>;

/** PT, DPT, SFT or DFT on conversations in LLaVA's form, read from disk: any number of turns and pictures, or none. */
export const conversationTrain: StageDefinition<ConversationTrainParams> = {
  kind: "conversation-train",
  version: 3,
  title: "Training on conversations",
  params: conversationTrainParams,
  inputs: {
    model: { description: "The model to go on with" },
    teacher: { description: "A teacher with the same tokenizer and number of image tokens", optional: true },
  },
  outputs: {
    model: { description: "The trained model: one ONNX file with its configuration and tokenizer", hasParts: true },
  },
  resources: ({ device, threads }) => ({ device, threads, memoryBytes: 4 * 2 ** 30 }),
  batchSize: ({ training }) => training.microBatchSize ?? training.batchSize,
  data: ({ data: { path, images } }) => ({ adapter: LLAVA_JSON_DATA, params: { path, images } }),
};
