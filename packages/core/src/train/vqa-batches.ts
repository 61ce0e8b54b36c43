// [node] Runs in the prefetch thread.
import { z } from "zod";
import { Rng } from "../base/rng.ts";
import type { AnswerType, VqaRecord, VqaSplit } from "../data/dataset.ts";
import { loadDataset } from "../data/loaders.ts";
import type { Batch, BatchProducer } from "../data/prefetch.ts";
import { tokenizerFromJSON } from "../data/tokenizers/index.ts";
import type { Tokenizer } from "../data/tokenizers/tokenizer.ts";
import { pictureOptionsParam } from "../models/llava/picture.ts";
import { augmentInto, augmentParams } from "./augment.ts";
import { DecodedPictures } from "./decoded-pictures.ts";
import { Epochs } from "./epochs.ts";
import { type EncodedQuestion, packedLength, packQuestions, questionTooLong } from "./packing.ts";
import { orderQuestions, questionOrders } from "./question-order.ts";

export const vqaBatchOptions = z.strictObject({
  data: z.strictObject({ adapter: z.string(), params: z.record(z.string(), z.unknown()) }),
  tokenizer: z.unknown(),
  imageSizePx: z.int().positive(),
  picture: pictureOptionsParam,
  numTextTokens: z.int().positive(),
  /** Pictures a step. */
  batchSize: z.int().positive(),
  /** Steps whose batches are stacked for one run of the train program. */
  stepsPerRun: z.int().positive(),
  questionOrder: z.enum(questionOrders),
  augment: augmentParams,
  seed: z.int(),
});

export type VqaBatchOptions = z.infer<typeof vqaBatchOptions>;

/**
 * Batches for sftGraph(), stacked [K, B, ...]. Every epoch visits every picture once in a new order and packs its questions
 * in a new order; batch i depends on the seed and i alone.
 */
export async function createBatchProducer(options: unknown): Promise<BatchProducer> {
  const parsed = vqaBatchOptions.parse(options);
  const data = await loadDataset(parsed.data, new AbortController().signal);
  const pictures = picturesOf(data.train, tokenizerFromJSON(parsed.tokenizer), parsed.numTextTokens);
  const producer = new VqaBatchProducer(parsed, data.train, pictures);
  return { batch: (index) => producer.batch(index) };
}

interface PictureQuestion extends EncodedQuestion {
  answerType: AnswerType;
}

export interface Picture {
  imageId: string;
  questions: PictureQuestion[];
}

/** @throws DataError when a question is longer than a row of text tokens: it could never be learnt. */
export function picturesOf(split: VqaSplit, tokenizer: Tokenizer, numTextTokens: number): Picture[] {
  const byImage = new Map<string, PictureQuestion[]>(split.imageIds.map((imageId) => [imageId, []]));
  for (const record of split.records) byImage.get(record.imageId)!.push(encode(record, tokenizer, numTextTokens));
  return [...byImage].map(([imageId, questions]) => ({ imageId, questions }));
}

function encode(record: VqaRecord, tokenizer: Tokenizer, numTextTokens: number): PictureQuestion {
  const question = tokenizer.encode(record.question);
  const answer = [...tokenizer.encode(record.answer), tokenizer.eosId];
  const asked = { question, answer, answerType: record.answerType };
  if (packedLength(asked) <= numTextTokens) return asked;
  throw questionTooLong(asked, numTextTokens, `question ${record.questionId}: "${record.question}"`);
}

class VqaBatchProducer {
  readonly #options: VqaBatchOptions;
  readonly #pictures: Picture[];
  readonly #epochs: Epochs;
  readonly #decoded: DecodedPictures;

  constructor(options: VqaBatchOptions, split: VqaSplit, pictures: Picture[]) {
    this.#options = options;
    this.#pictures = pictures;
    this.#epochs = new Epochs(pictures.length, Rng.fromSeed(options.seed).stream("vqa-batches"));
    this.#decoded = new DecodedPictures(split, { sizePx: options.imageSizePx, picture: options.picture });
  }

  async batch(index: number): Promise<Batch> {
    const { batchSize, stepsPerRun, numTextTokens, imageSizePx, tokenizer } = this.#options;
    const rows = stepsPerRun * batchSize;
    const chosen = Array.from({ length: rows }, (_, row) => this.#pictureAt(index * rows + row));
    const decoded = await this.#decoded.decode(chosen.map(({ picture }) => picture.imageId));
    const stride = imageSizePx * imageSizePx * 3;
    const pixels = new Uint8Array(rows * stride);
    const text = {
      tokens: new BigInt64Array(rows * numTextTokens),
      segments: new BigInt64Array(rows * numTextTokens),
      positions: new BigInt64Array(rows * numTextTokens),
      labels: new BigInt64Array(rows * numTextTokens),
    };
    const { padId } = tokenizerFromJSON(tokenizer);
    chosen.forEach(({ picture, rng }, row) => {
      augmentInto(pixels.subarray(row * stride, (row + 1) * stride), decoded.get(picture.imageId)!, {
        ...this.#options.augment,
        sizePx: imageSizePx,
        rng,
      });
      const part = (all: BigInt64Array) => all.subarray(row * numTextTokens, (row + 1) * numTextTokens);
      const order = orderQuestions(picture.questions, this.#options.questionOrder, rng);
      packQuestions(
        order,
        {
          tokens: part(text.tokens),
          segments: part(text.segments),
          positions: part(text.positions),
          labels: part(text.labels),
        },
        padId,
      );
    });
    const textTensor = (data: BigInt64Array<ArrayBuffer>) =>
      ({ dtype: "int64", shape: [stepsPerRun, batchSize, numTextTokens], data }) as const;
    return {
      pixels: { dtype: "uint8", shape: [stepsPerRun, batchSize, imageSizePx, imageSizePx, 3], data: pixels },
      tokens: textTensor(text.tokens),
      segments: textTensor(text.segments),
      positions: textTensor(text.positions),
      labels: textTensor(text.labels),
    };
  }

  #pictureAt(n: number): { picture: Picture; rng: Rng } {
    const { index, rng } = this.#epochs.at(n);
    return { picture: this.#pictures[index]!, rng };
  }
}
