import { z } from "zod";
import { dataParams, dataReference } from "../../data/choice.ts";
import { subsetParam } from "../../data/subset.ts";
import { objectiveParams } from "../../methods/llava-kd/objective.ts";
import { contentParam } from "../../methods/llava-kd/samples.ts";
import { packedTrainingShape } from "../packed-training-params.ts";
import { deviceParam, threadsParam } from "../resource-params.ts";
import type { StageDefinition } from "../stage.ts";

export const llavaTrainParams = z.strictObject({
  data: dataParams,
  subset: subsetParam,
  content: contentParam,
  trainable: z
    .enum(["projector", "projector-and-decoder"])
    .default("projector-and-decoder")
    .describe("What learns: the projector alone (PT, DPT), or the language model too (SFT, DFT)"),
  objective: objectiveParams,
  training: z
    .strictObject(packedTrainingShape({ numSteps: 150, batchSize: 16, learningRate: 2e-3, warmupSteps: 5 }))
    .prefault({}),
  threads: threadsParam(1),
  device: deviceParam,
});

export type LlavaTrainParams = z.infer<typeof llavaTrainParams>;

/** What a stage of training may take, a teacher's stored outputs included. */
export const LLAVA_TRAIN_MEMORY_BYTES = 2 ** 30;

/** One training stage of the LLaVA layout behind a frozen encoder: PT, DPT, SFT or DFT, by its parameters. */
export const llavaTrain: StageDefinition<LlavaTrainParams> = {
  kind: "llava-train",
  version: 2,
  title: "Training",
  params: llavaTrainParams,
  inputs: {
    model: { description: "The model to go on with" },
    features: { description: "The pictures' features from the model's own encoder" },
    teacherCache: { description: "A teacher's stored outputs, for distillation", optional: true },
    teacher: { description: "A teacher that runs beside the student, in place of stored outputs", optional: true },
  },
  outputs: {
    model: { description: "The trained model: one ONNX file with its configuration and tokenizer", hasParts: true },
  },
  resources: ({ device, threads }) => ({ device, threads, memoryBytes: LLAVA_TRAIN_MEMORY_BYTES }),
  batchSize: ({ training }) => training.batchSize,
  data: ({ data }) => dataReference(data),
};
