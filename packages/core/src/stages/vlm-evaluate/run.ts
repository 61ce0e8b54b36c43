// [node]
import { readFile } from "node:fs/promises";
import { setImmediate as yieldToEvents } from "node:timers/promises";
import { DataError } from "../../base/errors.ts";
import { blindCeilings } from "../../data/ceilings.ts";
import type { VqaRecord, VqaSplit } from "../../data/dataset.ts";
import { decodeImages, encodePng } from "../../data/images.ts";
import { loadDataset } from "../../data/loaders.ts";
import { vqaRecordAccuracy } from "../../metrics/vqa/accuracy.ts";
import { ImageFeatures, requireSameEncoder } from "../../models/llava/features-file.ts";
import { type EncodedImages, Generator } from "../../models/llava/generator.ts";
import { type LlavaModel, readModel } from "../../models/llava/model-file.ts";
import { pictureOptions } from "../../models/llava/picture.ts";
import { projectFeatures } from "../../models/llava/project-features.ts";
import type { EvaluationSample, StageContext } from "../stage.ts";
import type { VlmEvaluateParams } from "./definition.ts";

/** What a blanked picture consists of: the middle of the range, which the encoder maps to zero. */
const GREY = 127;
const IMAGES_AT_ONCE = 64;

export async function runVlmEvaluate(context: StageContext<VlmEvaluateParams>): Promise<void> {
  const { params, signal } = context;
  const model = readModel(await readFile(context.inputs.model!), "input model");
  const data = await loadDataset(params.data, signal);
  const { test } = data;
  const prompts = test.records.map((record) => ({ record, tokens: promptOf(record, model) }));
  const features = await featuresOf(model, context);
  const generator = await Generator.create(model, {
    batchSize: params.batchSize,
    imageBatchSize: IMAGES_AT_ONCE,
    numPromptTokens: prompts.reduce((most, { tokens }) => Math.max(most, tokens.length), 0),
    numNewTokens: params.numNewTokens,
    provider: params.device,
    threads: params.threads,
  });
  try {
    const images =
      features === null
        ? await encodeSplit(test, { generator, model, context })
        : await projectFeatures(model, features.ofAll(test.imageIds), {
            provider: params.device,
            threads: params.threads,
          });
    const indexOf = new Map(test.imageIds.map((id, index) => [id, index]));
    const samples: EvaluationSample[] = [];
    for (let first = 0; first < prompts.length; first += params.batchSize) {
      signal.throwIfAborted();
      const batch = prompts.slice(first, first + params.batchSize);
      const questions = batch.map(({ record, tokens }) => ({ tokens, imageIndex: indexOf.get(record.imageId)! }));
      const answers = await generator.answer(questions, images);
      batch.forEach(({ record }, row) => {
        samples.push(scored(record, model.tokenizer.decode(answers[row]!)));
      });
      context.progress(samples.length, prompts.length, "questions");
      await yieldToEvents();
    }
    await addPictures(samples, test, { model, count: params.numSampleImages });
    const ceilings = blindCeilings(data);
    await context.evaluation({
      dataset: data.adapter,
      split: test.name,
      condition: params.condition,
      metrics: {
        ...accuracies(samples),
        majorityAnswer: ceilings.majority,
        questionOnlyCeiling: ceilings.questionOnly,
      },
      samples,
    });
  } finally {
    await generator.dispose();
  }
}

function promptOf({ question, questionId }: VqaRecord, { tokenizer }: LlavaModel): number[] {
  const tokens = tokenizer.encode(question);
  if (tokens.length > 0) return tokens;
  throw new DataError({
    code: "DATA_EMPTY_QUESTION",
    message: "A question has no words",
    expected: "text",
    got: JSON.stringify(question),
    where: `question ${questionId}`,
  });
}

/** Stored features of the test pictures; a blanked picture has none. */
async function featuresOf(model: LlavaModel, context: StageContext<VlmEvaluateParams>): Promise<ImageFeatures | null> {
  const path = context.inputs.features;
  if (path === undefined || context.params.condition === "image-blanked") return null;
  const features = await ImageFeatures.read(path, "test");
  requireSameEncoder(model, features);
  return features;
}

async function encodeSplit(
  split: VqaSplit,
  { generator, model, context }: { generator: Generator; model: LlavaModel; context: StageContext<VlmEvaluateParams> },
): Promise<EncodedImages> {
  const options = pixelsOf(model);
  const sources = split.imageIds.map((id) => split.image(id));
  const pixels =
    context.params.condition === "image-blanked"
      ? new Uint8Array(sources.length * options.sizePx ** 2 * 3).fill(GREY)
      : await decodeImages(sources, { ...options, signal: context.signal });
  return generator.encodeImages(pixels);
}

/** How the model sees a picture. */
const pixelsOf = ({ config }: LlavaModel) => ({ sizePx: config.imageSizePx, picture: pictureOptions(config) });

function scored(
  { questionId, imageId, question, answer, answers, answerType }: VqaRecord,
  given: string,
): EvaluationSample {
  return {
    sampleId: questionId,
    clusterId: imageId,
    score: vqaRecordAccuracy(given, answers),
    detail: { question, expected: answer, given, answers, answerType },
  };
}

/** VQAv2 accuracy over all questions and by type of answer, fractions. */
function accuracies(samples: readonly EvaluationSample[]): Record<string, number> {
  const mean = (some: readonly EvaluationSample[]) => some.reduce((sum, { score }) => sum + score, 0) / some.length;
  const metrics: Record<string, number> = { vqaAccuracy: mean(samples) };
  for (const [type, name] of [
    ["yes/no", "YesNo"],
    ["number", "Number"],
    ["other", "Other"],
  ] as const) {
    const some = samples.filter(({ detail }) => detail.answerType === type);
    if (some.length > 0) metrics[`vqaAccuracy${name}`] = mean(some);
  }
  return metrics;
}

/** Attaches the picture to the first sample of each of the first `count` pictures. */
async function addPictures(
  samples: EvaluationSample[],
  split: VqaSplit,
  { model, count }: { model: LlavaModel; count: number },
): Promise<void> {
  const options = pixelsOf(model);
  const firstOf = new Map<string, EvaluationSample>();
  for (const sample of samples) if (!firstOf.has(sample.clusterId)) firstOf.set(sample.clusterId, sample);
  for (const [imageId, sample] of [...firstOf].slice(0, count)) {
    const rgb = await decodeImages([split.image(imageId)], options);
    sample.imagePng = await encodePng(rgb, options.sizePx, options.sizePx);
  }
}
