// [node]
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { serialize } from "node:v8";
import { DataError, SpecError } from "../../base/errors.ts";
import { type Survey, surveyConversations } from "../../data/llava-json/survey.ts";
import { encodeAlike } from "../../data/tokenizers/tokenizer.ts";
import type { ConversationBatchOptions } from "../../methods/conversations/batches.ts";
import { conversationGraph } from "../../methods/conversations/graph.ts";
import { numImageTokens } from "../../models/llava/config.ts";
import { type LlavaModel, readModel } from "../../models/llava/model-file.ts";
import { pictureOptions } from "../../models/llava/picture.ts";
import { adamwWithCosine } from "../../train/adamw.ts";
import { microBatchSize } from "../../train/micro-batch.ts";
import { train } from "../../train/trainer.ts";
import { keepModel } from "../keep-model.ts";
import { reportSkipped } from "../report-skipped.ts";
import type { StageContext } from "../stage.ts";
import type { ConversationTrainParams } from "./definition.ts";

type Context = StageContext<ConversationTrainParams>;

/** Text slots of the graph inside the file; stages build their own graphs around its weights. */
const EXPORTED_PROMPT_TOKENS = 64;

export async function runConversationTrain(context: Context): Promise<void> {
  const { params, inputs, seed, workDir } = context;
  const { training, template } = params;
  const model = readModel(await readFile(inputs.model!), "input model");
  const teacher = await teacherOf(model, context);
  if (training.packed) for (const { config } of [model, ...(teacher ? [teacher] : [])]) refuseImportedDecoder(config);
  const survey = await surveyConversations({
    params: params.data,
    tokenizer: model.tokenizer,
    template,
    numImageTokens: numImageTokens(model.config),
    numTokens: training.numTokens,
    imagesPerRow: training.imagesPerRow,
    onTooLong: training.onTooLong,
    signal: context.signal,
    progress: (done) => context.log("debug", `${done} records looked at`),
  });
  reportSkipped(survey, context);
  reportSurvey(survey, context);
  const surveyPath = join(workDir, "survey.bin");
  await writeFile(surveyPath, serialize(survey));

  const rowsAtOnce = microBatchSize(training.microBatchSize ?? training.batchSize, context);
  const { graph, loss, metrics } = conversationGraph({
    ...training,
    batchSize: rowsAtOnce,
    config: model.config,
    trainable: params.trainable,
    objective: params.objective,
    teacher,
    weights: model.weights,
    seed,
  });
  const { path, images } = params.data;
  const { numTokens, imagesPerRow, packed, order, batchSize, stepsPerRun } = training;
  const batches: ConversationBatchOptions = {
    path,
    images,
    surveyPath,
    tokenizer: model.tokenizer.toJSON(),
    template,
    imageSizePx: model.config.imageSizePx,
    picture: pictureOptions(model.config),
    numImageTokens: numImageTokens(model.config),
    numTokens,
    imagesPerRow,
    packed,
    order,
    batchSize,
    rowsAtOnce,
    stepsPerRun,
    seed,
  };
  const trained = await train(
    {
      graph,
      loss,
      metrics,
      batches: { module: new URL("../../methods/conversations/batches.ts", import.meta.url), options: batches },
      optimizer: adamwWithCosine(training),
      maxGradNorm: training.maxGradNorm,
      numSteps: training.numSteps,
      stepsPerRun,
      checkpointEverySteps: training.checkpointEverySteps,
      provider: params.device,
      threads: params.threads,
    },
    { ...context, accumulate: training.batchSize / rowsAtOnce },
  );
  const own = [...trained].filter(([name]) => !name.startsWith("teacher."));
  await keepModel({ ...model, weights: new Map([...model.weights, ...own]) }, EXPORTED_PROMPT_TOKENS, context);
}

/** @throws SpecError for a decoder whose graph makes its own mask: it cannot keep several conversations of a row apart */
function refuseImportedDecoder({ decoder }: LlavaModel["config"]): void {
  if (!decoder.graph) return;
  throw new SpecError({
    code: "IMPORTED_DECODER_MASK",
    message: "An imported decoder makes its own causal mask and cannot keep packed conversations apart",
    expected: "training.packed false",
    got: "true",
    where: "training.packed",
  });
}

function reportSurvey({ records, lengths, images, numCut }: Survey, { log, params }: Context): void {
  const { numTokens } = params.training;
  const slots = lengths.reduce((sum, length) => sum + length, 0);
  const pictures = images.reduce((sum, count) => sum + count, 0);
  log("info", `${records.length} conversations, ${pictures} pictures, ${slots} tokens`);
  if (numCut > 0) log("warn", `${numCut} conversations were cut to ${numTokens} tokens`);
}

/** @throws SpecError when objective and inputs disagree; DataError for a teacher that means other tokens or pictures */
async function teacherOf(model: LlavaModel, { params, inputs }: Context) {
  const wanted = params.objective.kind === "llava-kd";
  if (wanted !== (inputs.teacher !== undefined)) {
    throw new SpecError({
      code: "TEACHER_AND_OBJECTIVE",
      message: "The objective and the inputs of the stage do not agree about a teacher",
      expected: wanted ? "a teacher" : "no teacher",
      got: wanted ? "no teacher" : "a teacher",
      where: "objective.kind",
    });
  }
  if (inputs.teacher === undefined) return null;
  if (params.objective.kind === "llava-kd" && params.objective.relation.of === "hidden") {
    throw new SpecError({
      code: "RELATION_OF_HIDDEN",
      message: "Conversations relate logits, not hidden states",
      expected: "logits",
      got: "hidden",
      where: "objective.relation.of",
    });
  }
  const teacher = readModel(await readFile(inputs.teacher), "input teacher");
  const refuse = (code: string, message: string, [expected, got]: [number, number] | [string, string]) => {
    throw new DataError({ code, message, expected: String(expected), got: String(got), where: "the teacher" });
  };
  if (!encodeAlike(model.tokenizer, teacher.tokenizer)) {
    refuse("DATA_TEACHER_VOCABULARY", "Student and teacher speak different vocabularies", [
      "the student's tokens",
      "other tokens, other rules that split a text into them, or another end of an answer",
    ]);
  }
  if (model.config.vocabularySize !== teacher.config.vocabularySize) {
    refuse("DATA_TEACHER_VOCABULARY", "Student and teacher give different numbers of logits", [
      model.config.vocabularySize,
      teacher.config.vocabularySize,
    ]);
  }
  if (
    numImageTokens(model.config) !== numImageTokens(teacher.config) ||
    model.config.imageSizePx !== teacher.config.imageSizePx
  ) {
    refuse("DATA_TEACHER_LAYOUT", "Student and teacher see pictures as different numbers of tokens or pixels", [
      `${numImageTokens(model.config)} tokens of ${model.config.imageSizePx} px`,
      `${numImageTokens(teacher.config)} tokens of ${teacher.config.imageSizePx} px`,
    ]);
  }
  return teacher;
}
