import { z } from "zod";
import { dataParams } from "../../data/choice.ts";
import { distillationShape } from "../../methods/llava-kd/objective.ts";
import { decoderConfig, projectorConfig } from "../../models/llava/config.ts";
import type { StageKind } from "../../stages/index.ts";
import { packedTrainingShape } from "../../stages/packed-training-params.ts";
import { deviceParam, threadsParam } from "../../stages/resource-params.ts";
import { teacherCacheParams } from "../../stages/teacher-cache/definition.ts";
import { visionPretrainParams } from "../../stages/vision-pretrain/definition.ts";
import { vlmEvaluateParams } from "../../stages/vlm-evaluate/definition.ts";
import { vlmSftParams } from "../../stages/vlm-sft/definition.ts";
import { earlierModel } from "./earlier-model.ts";

/** The method's stages: D for distilled; PT trains the projector on captions, FT projector and language model on questions. */
export const schemeStages = ["PT", "DPT", "SFT", "DFT"] as const;
export type SchemeStage = (typeof schemeStages)[number];

export const isDistilled = (stage: SchemeStage) => stage === "DPT" || stage === "DFT";
export const isAlignment = (stage: SchemeStage) => stage === "PT" || stage === "DPT";

const training = (numSteps: number, { batchSize, learningRate }: { batchSize: number; learningRate: number }) =>
  z
    .strictObject(packedTrainingShape({ numSteps, batchSize, learningRate, warmupSteps: Math.ceil(0.03 * numSteps) }))
    .prefault({});

const encoder = z
  .discriminatedUnion("from", [
    z
      .strictObject({
        from: z.literal("labels"),
        sizes: visionPretrainParams.shape.encoder,
        training: visionPretrainParams.shape.training,
      })
      .meta({ title: "Labels of the pictures" }),
    z
      .strictObject({
        from: z.literal("questions"),
        size: vlmSftParams.shape.size,
        training: vlmSftParams.shape.training,
      })
      .meta({ title: "Questions, together with a language model that is thrown away" }),
  ])
  .prefault({ from: "questions" })
  .describe("How the frozen vision encoder comes about: it stands in for SigLIP, and has seen all train pictures");

/** A model that is trained in full: its sizes, and how long each part of its schooling takes. */
export const modelShape = (defaults: { decoder: z.input<typeof decoderConfig>; languageSteps: number }) => ({
  decoder: decoderConfig.prefault(defaults.decoder).describe("Sizes of the language model"),
  language: training(defaults.languageSteps, { batchSize: 32, learningRate: 2e-3 }).describe(
    "Pre-training of the language model on captions and questions alone",
  ),
});

/** Which pictures a model learns from; `effect` of drawing them by the run's seed. */
const picturesShape = (defaults: { numImages: number | null; imagesSeed: number | null; effect: string }) => ({
  numImages: z
    .int()
    .min(1)
    .nullable()
    .default(defaults.numImages)
    .describe("Pictures it learns from; empty: the whole train split"),
  imagesSeed: z
    .int()
    .nonnegative()
    .nullable()
    .default(defaults.imagesSeed)
    .describe(`Seed that draws these pictures; empty: the run's seed, ${defaults.effect}`),
});

const teacherShape = {
  ...modelShape({
    decoder: { dim: 128, layers: 3, heads: 4, kvHeads: 2, hidden: 384, ropeBase: 10_000 },
    languageSteps: 300,
  }),
  alignment: training(200, { batchSize: 16, learningRate: 1e-3 }).describe("PT: projector, on captions"),
  tuning: training(700, { batchSize: 16, learningRate: 1e-3 }).describe("SFT: projector and language model"),
  ...picturesShape({ numImages: null, imagesSeed: 1, effect: "so that it sees what its student sees" }),
  seed: z.int().nonnegative().default(1).describe("Seed of its weights and batches: two seeds are two teachers"),
};

export const teacherParams = z
  .strictObject(teacherShape)
  .prefault({})
  .describe("The larger model: whoever has trained it before with the same settings finds it finished");

export type TeacherParams = z.output<typeof teacherParams>;

/** Stages whose models can teach: image tokens, then text, of the data set's own vocabulary. */
const teachingKinds = ["vlm-sft", "llava-train"] satisfies StageKind[];

/** A student's teacher: its settings, or an earlier run that has it. */
export const teacherChoice = z
  .discriminatedUnion("from", [
    z
      .strictObject({
        // Left out it means this: parameters from before there was a choice name none.
        from: z.literal("training").optional().default("training"),
        ...teacherShape,
      })
      .meta({ title: "Trained with settings" })
      .describe("Whoever has trained it before with the same settings finds it finished"),
    earlierModel(teachingKinds, "teaches: any that looks through the same encoder and was trained on the same data"),
  ])
  .prefault({})
  .describe("The larger model: trained with these settings, or taken from an earlier run");

export const studentParams = z
  .strictObject({
    ...modelShape({
      decoder: { dim: 32, layers: 2, heads: 4, kvHeads: 2, hidden: 96, ropeBase: 10_000 },
      languageSteps: 300,
    }),
    alignment: training(100, { batchSize: 16, learningRate: 2e-3 }).describe("PT and DPT: projector, on captions"),
    tuning: training(150, { batchSize: 16, learningRate: 2e-3 }).describe("SFT and DFT: projector and language model"),
    labelSmoothing: z
      .number()
      .min(0)
      .max(0.9)
      .default(0)
      .describe("Of PT and SFT: a control, softer targets without a teacher"),
    ...picturesShape({ numImages: 400, imagesSeed: null, effect: "so that every seed has pictures of its own" }),
  })
  .prefault({})
  .describe("The smaller model");

/** The paper has separate weights for the two stages, though it gives both the same values. */
export const alignmentObjective = z
  .strictObject(distillationShape)
  .meta({ title: "Terms of its own" })
  .nullable()
  // Left out it means null: configurations from before there was a choice stay what they are.
  .optional()
  .describe("The terms of the loss of DPT and their weights, where they differ from those of DFT; null: the same");

export const distillationParams = z
  .strictObject({
    objective: z.strictObject(distillationShape).prefault({}).describe("The terms of the loss and their weights"),
    alignment: alignmentObjective,
    teacher: z
      .enum(["stored", "online"])
      .default("stored")
      .describe("Its outputs are stored once for all runs, or it runs beside each student: the same numbers"),
    precision: teacherCacheParams.shape.precision,
    topK: teacherCacheParams.shape.topK,
  })
  .prefault({})
  .describe("What DPT and DFT add");

/** What every recipe of the LLaVA layout asks. */
export const commonShape = {
  data: dataParams,
  encoder,
  projector: projectorConfig.prefault({ mergeSide: 2, merge: "average" }),
  evaluation: z
    .strictObject({
      numNewTokens: vlmEvaluateParams.shape.numNewTokens,
      numSampleImages: vlmEvaluateParams.shape.numSampleImages,
      blanked: z.boolean().default(true).describe("Evaluate with blanked pictures too"),
    })
    .prefault({}),
  threads: threadsParam(1),
  device: deviceParam,
};

export const commonParams = z.strictObject(commonShape);
export type CommonParams = z.output<typeof commonParams>;
