// [node]
import { setImmediate as yieldToEvents } from "node:timers/promises";
import { DataError } from "../../base/errors.ts";
import type { BenchmarkQuestion } from "../../data/benchmarks/question.ts";
import { IMAGE_MARKER, type Segment } from "../../data/conversation/conversation.ts";
import { templates } from "../../data/conversation/templates.ts";
import type { SkippedRecord } from "../../data/dataset.ts";
import { decodeImages } from "../../data/images.ts";
import { type EncodedImages, Generator, type PromptPart } from "../../models/llava/generator.ts";
import type { LlavaModel } from "../../models/llava/model-file.ts";
import { pictureOptions } from "../../models/llava/picture.ts";
import type { StageContext } from "../stage.ts";
import type { BenchmarkEvaluateParams } from "./definition.ts";

/** Prompts are sorted into generators whose text slots are a multiple of this. */
const LENGTH_STEP = 64;

export interface Asked {
  question: BenchmarkQuestion;
  prompt: string;
  answer: string;
}

interface Prompted {
  question: BenchmarkQuestion;
  prompt: string;
  segments: PromptPart[];
  numTokens: number;
}

export interface AskOptions {
  model: LlavaModel;
  context: StageContext<BenchmarkEvaluateParams>;
  /** What a picture that cannot be decoded does. */
  onBadRecord: "error" | "skip";
}

/**
 * The model's answers, in the order of the questions; those with a picture that cannot be decoded are left out and listed.
 * @throws DataError for such a picture, unless they are skipped
 */
export async function askAll(
  questions: readonly BenchmarkQuestion[],
  { model, context, onBadRecord }: AskOptions,
): Promise<{ asked: Asked[]; skipped: SkippedRecord[] }> {
  const { params, signal } = context;
  const prompted = questions.map((question) => prompt(question, { model, params }));
  const answers = new Map<string, Asked>();
  const skipped: SkippedRecord[] = [];
  let done = 0;
  for (const [numPromptTokens, group] of byLength(prompted)) {
    const generator = await Generator.create(model, {
      batchSize: params.batchSize,
      imageBatchSize: params.batchSize,
      imagesPerPrompt: group.reduce((most, { question }) => Math.max(most, question.images.length), 0),
      numPromptTokens,
      numNewTokens: params.numNewTokens,
      provider: params.device,
      threads: params.threads,
    });
    try {
      for (let first = 0; first < group.length; first += params.batchSize) {
        signal.throwIfAborted();
        const batch = group.slice(first, first + params.batchSize);
        const { usable, images } = await pictures(batch, { generator, model, onBadRecord, skipped });
        const ids = await generator.generate(
          usable.map(({ parts }) => parts),
          images,
        );
        usable.forEach(({ question, prompt }, row) => {
          answers.set(question.questionId, { question, prompt, answer: model.tokenizer.decode(ids[row]!).trim() });
        });
        done += batch.length;
        context.progress(done, questions.length, "questions");
        await yieldToEvents();
      }
    } finally {
      await generator.dispose();
    }
  }
  return { asked: questions.flatMap(({ questionId }) => answers.get(questionId) ?? []), skipped };
}

function prompt(
  question: BenchmarkQuestion,
  { model, params }: { model: LlavaModel; params: BenchmarkEvaluateParams },
): Prompted {
  const { tokenizer } = model;
  const suffix = params.suffix === "none" || question.suffix === "" ? "" : `\n${question.suffix}`;
  const text = `${question.question}${suffix}`;
  const pictures = `${IMAGE_MARKER}\n`.repeat(question.images.length);
  const turns = [{ question: pictures + text, answer: null }];
  const segments = templates[params.template](turns, tokenizer);
  const parts: PromptPart[] = [{ tokens: tokenizer.startIds }];
  let next = 0;
  for (const segment of segments) parts.push(part(segment));
  function part(segment: Segment): PromptPart {
    if (segment.kind === "image") return { imageIndex: next++ };
    return { tokens: segment.kind === "text" ? tokenizer.encode(segment.text) : [tokenizer.eosId] };
  }
  const numTokens = parts.reduce((sum, each) => sum + ("tokens" in each ? each.tokens.length : 0), 0);
  if (numTokens + next > 0) return { question, prompt: text, segments: parts, numTokens };
  throw new DataError({
    code: "DATA_EMPTY_QUESTION",
    message: "A question has no words",
    expected: "text",
    got: JSON.stringify(text),
    where: `question ${question.questionId}`,
  });
}

/** Prompts by the text slots that they need, short ones first. */
function byLength(prompted: readonly Prompted[]): [number, Prompted[]][] {
  const groups = new Map<number, Prompted[]>();
  for (const each of prompted) {
    const slots = Math.max(1, Math.ceil(each.numTokens / LENGTH_STEP)) * LENGTH_STEP;
    const group = groups.get(slots);
    if (group) group.push(each);
    else groups.set(slots, [each]);
  }
  return [...groups].sort(([a], [b]) => a - b);
}

interface Pictures {
  generator: Generator;
  model: LlavaModel;
  onBadRecord: "error" | "skip";
  skipped: SkippedRecord[];
}

/** The batch's pictures, each encoded once, and its prompts with the numbers that they have got. */
async function pictures(batch: readonly Prompted[], { generator, model, onBadRecord, skipped }: Pictures) {
  const { config } = model;
  const indices = new Map<string, number>();
  const pixels: Uint8Array[] = [];
  const usable: (Prompted & { parts: PromptPart[] })[] = [];
  for (const each of batch) {
    try {
      const own: number[] = [];
      for (const [i, source] of each.question.images.entries()) {
        const key = source.kind === "file" ? source.path : `${each.question.clusterId}/${i}`;
        if (!indices.has(key)) {
          pixels.push(await decodeImages([source], { sizePx: config.imageSizePx, picture: pictureOptions(config) }));
          indices.set(key, pixels.length - 1);
        }
        own.push(indices.get(key)!);
      }
      const parts = each.segments.map((part) => ("tokens" in part ? part : { imageIndex: own[part.imageIndex]! }));
      usable.push({ ...each, parts });
    } catch (error) {
      if (!(error instanceof DataError) || onBadRecord === "error") throw error;
      skipped.push({ where: `question ${each.question.questionId}`, code: error.code, reason: error.message });
    }
  }
  const all = new Uint8Array(pixels.length * config.imageSizePx ** 2 * 3);
  pixels.forEach((picture, i) => {
    all.set(picture, i * picture.length);
  });
  const images: EncodedImages = await generator.encodeImages(all);
  return { usable, images };
}
