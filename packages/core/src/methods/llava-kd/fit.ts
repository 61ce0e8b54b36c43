// [node]
import { readFile } from "node:fs/promises";
import type { Tensor } from "@retort/engine";
import type { Provider } from "@retort/engine/node";
import { DataError, SpecError } from "../../base/errors.ts";
import { tokenizerFromJSON } from "../../data/tokenizers/index.ts";
import { encodeAlike, type Tokenizer } from "../../data/tokenizers/tokenizer.ts";
import { numImageTokens } from "../../models/llava/config.ts";
import { encoderSha256, ImageFeatures, requireSameEncoder } from "../../models/llava/features-file.ts";
import { type LlavaModel, readModel } from "../../models/llava/model-file.ts";
import { type AdamwSchedule, adamwWithCosine } from "../../train/adamw.ts";
import { reportLeftOut } from "../../train/left-out.ts";
import { microBatchSize } from "../../train/micro-batch.ts";
import type { QuestionOrder } from "../../train/question-order.ts";
import { type TrainHost, train } from "../../train/trainer.ts";
import { LlavaBatches } from "./batches.ts";
import { INSTEAD_OF_TOP_K, type Objective, relatesLogits } from "./objective.ts";
import type { Sample } from "./samples.ts";
import { TeacherOutputs } from "./teacher-file.ts";
import { type TeacherSource, type Trainable, trainGraph } from "./train-graph.ts";

/** Steps that ONNX Runtime makes in one run: weights cross to JavaScript once in as many steps. */
const STEPS_PER_RUN = 10;

export interface FitOptions {
  model: LlavaModel;
  /** Not empty. */
  samples: readonly Sample[];
  trainable: Trainable;
  objective: Objective;
  /** Path of the pictures' features; null: captions stand in the place of pictures. */
  featuresPath: string | null;
  /** Path of a teacher's stored outputs or of the teacher itself. */
  teacher: { kind: "cached" | "online"; path: string } | null;
  training: AdamwSchedule & {
    batchSize: number;
    numTextTokens: number;
    questionOrder: QuestionOrder;
    maxGradNorm: number;
    checkpointEverySteps: number;
  };
  provider: Provider;
  threads: number;
  seed: number;
}

/**
 * Trains a part of the model, as one stage of the method does.
 * @returns all weights of the model, the untouched ones included
 * @throws SpecError or DataError for a teacher or features that do not fit the model
 */
export async function fit(options: FitOptions, host: TrainHost): Promise<Map<string, Tensor>> {
  const { model, training, objective, featuresPath, seed } = options;
  const features = featuresPath === null ? null : await ImageFeatures.read(featuresPath, "train");
  if (features !== null) requireSameEncoder(model, features);
  const { teacher, outputs } = await teacherOf(options);
  const { graph, loss, metrics } = trainGraph({
    config: model.config,
    batchSize: microBatchSize(training.batchSize, host),
    numTextTokens: training.numTextTokens,
    slot: featuresPath === null ? "caption" : "features",
    trainable: options.trainable,
    objective,
    teacher,
    weights: model.weights,
    seed,
  });
  reportLeftOut(options.samples, { ...training, seed }, host.log);
  const batches = new LlavaBatches(
    {
      wants: {
        promptMask: objective.kind === "llava-kd" && objective.weights.prompt > 0,
        teacherHidden: outputs !== null && objective.kind === "llava-kd" && objective.relation.of === "hidden",
      },
      numImageTokens: numImageTokens(model.config),
      numTextTokens: training.numTextTokens,
      questionOrder: training.questionOrder,
      batchSize: training.batchSize,
      stepsPerRun: STEPS_PER_RUN,
      seed,
    },
    { samples: options.samples, tokenizer: model.tokenizer, features, teacher: outputs },
  );
  const trained = await train(
    {
      graph,
      loss,
      metrics,
      batches,
      optimizer: adamwWithCosine(training),
      maxGradNorm: training.maxGradNorm,
      numSteps: training.numSteps,
      stepsPerRun: STEPS_PER_RUN,
      checkpointEverySteps: training.checkpointEverySteps,
      provider: options.provider,
      threads: options.threads,
    },
    host,
  );
  return new Map([...model.weights, ...[...trained].filter(([name]) => !name.startsWith("teacher."))]);
}

interface Taught {
  teacher: TeacherSource | null;
  /** Its stored outputs, where it does not run beside the student. */
  outputs: TeacherOutputs | null;
}

/** @throws SpecError when the objective wants a teacher and there is none, or the other way round, or wants logits that are not stored */
async function teacherOf({ teacher, objective, model }: FitOptions): Promise<Taught> {
  if ((teacher === null) !== (objective.kind === "cross-entropy")) {
    throw new SpecError({
      code: "TEACHER_AND_OBJECTIVE",
      message: "The objective and the inputs of the stage do not agree about a teacher",
      expected: objective.kind === "cross-entropy" ? "no teacher" : "a teacher, or its stored outputs",
      got: teacher === null ? "no teacher" : `${teacher.kind} teacher`,
      where: "objective.kind",
    });
  }
  if (teacher === null) return { teacher: null, outputs: null };
  if (teacher.kind === "online") {
    const { config, tokenizer, weights } = readModel(await readFile(teacher.path), "input teacher");
    requireSamePicture(model, { tokenizer, numImageTokens: numImageTokens(config), encoder: encoderSha256(weights) });
    return { teacher: { kind: "online", config, weights }, outputs: null };
  }
  const outputs = await TeacherOutputs.read(teacher.path);
  const { about } = outputs;
  requireSamePicture(model, {
    tokenizer: tokenizerFromJSON(about.tokenizer),
    numImageTokens: about.numImageTokens,
    encoder: about.encoderSha256,
  });
  const { dtype, hiddenWidth, topK } = about;
  if (topK !== null && objective.kind === "llava-kd" && relatesLogits(objective)) throw noLogits(topK);
  return { teacher: { kind: "cached", dtype, hiddenWidth, topK }, outputs };
}

function noLogits(topK: number): SpecError {
  return new SpecError({
    code: "RELATION_OF_TOP_K",
    message:
      "The relation of logits needs the teacher's logits, and of these the most probable tokens alone are stored",
    expected: "stored outputs with all logits",
    got: `log-probabilities of ${topK} tokens a row`,
    where: "the teacher's stored outputs",
    fix: INSTEAD_OF_TOP_K,
  });
}

interface TeacherSide {
  tokenizer: Tokenizer;
  numImageTokens: number;
  encoder: string;
}

/** Distillation compares token by token: both must mean the same tokens and look at the same picture. */
function requireSamePicture(model: LlavaModel, teacher: TeacherSide): void {
  const tokens = numImageTokens(model.config);
  if (!encodeAlike(model.tokenizer, teacher.tokenizer)) {
    throw new DataError({
      code: "DATA_TEACHER_VOCABULARY",
      message: "Student and teacher speak different vocabularies",
      expected: `the student's ${model.tokenizer.vocabularySize} tokens`,
      got: "other tokens, other rules that split a text into them, or another end of an answer",
      where: "the teacher",
      fix: "Pre-train both language models on the same data set: it decides the vocabulary.",
    });
  }
  if (tokens !== teacher.numImageTokens) {
    throw new DataError({
      code: "DATA_TEACHER_LAYOUT",
      message: "Student and teacher see pictures as different numbers of tokens",
      expected: `${tokens} image tokens`,
      got: `${teacher.numImageTokens}`,
      where: "the teacher",
      fix: "Give both the same picture size, patch size and merging.",
    });
  }
  if (encoderSha256(model.weights) !== teacher.encoder) {
    throw new DataError({
      code: "DATA_TEACHER_ENCODER",
      message: "Student and teacher look through different vision encoders",
      expected: "one frozen encoder for both",
      got: `an encoder ${teacher.encoder.slice(0, 12)}`,
      where: "the teacher",
    });
  }
}
