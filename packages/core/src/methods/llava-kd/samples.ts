import { z } from "zod";
import { DataError } from "../../base/errors.ts";
import type { AnswerType, SkippedRecord, VqaSplit } from "../../data/dataset.ts";
import type { Tokenizer } from "../../data/tokenizers/tokenizer.ts";
import { type EncodedQuestion, packedLength, questionTooLong } from "../../train/packing.ts";

export const sampleContents = ["captions", "questions", "captions-and-questions"] as const;

export const contentParam = z
  .enum(sampleContents)
  .default("questions")
  .describe("What is learnt about each picture: the caption that describes it, its questions, or both");

export type SampleContent = z.infer<typeof contentParam>;

export interface Asked extends EncodedQuestion {
  /** Unique within the data set. */
  id: string;
  answerType: AnswerType;
}

/** A picture with everything that is asked about it, as token ids. */
export interface Sample {
  imageId: string;
  questions: Asked[];
  /** Words of the caption; empty where only questions are learnt. */
  caption: readonly number[];
}

export interface SampleOptions {
  content: SampleContent;
  numTextTokens: number;
  /** What happens to a question that is longer than a row of text tokens. */
  onTooLong: "error" | "skip";
}

export interface Samples {
  samples: Sample[];
  skipped: SkippedRecord[];
}

/**
 * Pictures in the split's order. A caption is asked for by nothing but the start of a text (or, where the tokenizer has
 * none, the end of the one before): the model describes what it sees.
 * @throws DataError for a split without captions where they are to be learnt, and for a question that is too long
 */
export function samplesOf(split: VqaSplit, tokenizer: Tokenizer, options: SampleOptions): Samples {
  const { content, numTextTokens, onTooLong } = options;
  const skipped: SkippedRecord[] = [];
  const samples = new Map<string, Sample>(
    split.imageIds.map((imageId) => [imageId, { imageId, questions: [], caption: [] }]),
  );
  const add = (sample: Sample, asked: Asked, where: string) => {
    if (packedLength(asked) <= numTextTokens) return void sample.questions.push(asked);
    const error = questionTooLong(asked, numTextTokens, where);
    if (onTooLong === "error") throw error;
    skipped.push({ where, code: error.code, reason: error.message });
  };
  if (content !== "questions") {
    const captionOf = captionsOf(split);
    for (const sample of samples.values()) {
      sample.caption = tokenizer.encode(captionOf(sample.imageId));
      add(sample, askedCaption(sample, tokenizer), `caption of image ${sample.imageId}`);
    }
  }
  if (content !== "captions") {
    for (const { imageId, questionId, question, answer, answerType } of split.records) {
      const asked = {
        id: questionId,
        question: tokenizer.encode(question),
        answer: [...tokenizer.encode(answer), tokenizer.eosId],
        answerType,
      };
      add(samples.get(imageId)!, asked, `question ${questionId}: "${question}"`);
    }
  }
  return { samples: [...samples.values()].filter(({ questions }) => questions.length > 0), skipped };
}

function askedCaption({ imageId, caption }: Sample, { startIds, eosId }: Tokenizer): Asked {
  return {
    id: `caption of ${imageId}`,
    question: startIds.length > 0 ? [...startIds] : [eosId],
    answer: [...caption, eosId],
    answerType: "other",
  };
}

function captionsOf({ caption, name }: VqaSplit): (imageId: string) => string {
  if (caption !== undefined) return caption;
  throw new DataError({
    code: "DATA_NO_CAPTIONS",
    message: "The data set has no captions, from which this stage learns",
    expected: "a data set with captions, such as cifar-questions or scenes",
    got: "questions only",
    where: `the ${name} split`,
    fix: "Choose content: questions, or another data set for pre-training.",
  });
}

/** Texts from which a vocabulary is taken: questions, answers and, where there are any, captions. */
export function* textsOf(split: VqaSplit): Generator<string> {
  for (const { question, answer } of split.records) yield* [question, answer];
  if (split.caption !== undefined) for (const imageId of split.imageIds) yield split.caption(imageId);
}
