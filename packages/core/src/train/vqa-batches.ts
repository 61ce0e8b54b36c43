// [node] Runs in the prefetch thread.
import { z } from "zod";
import { DataError } from "../base/errors.ts";
import { Rng } from "../base/rng.ts";
import type { AnswerType, VqaRecord, VqaSplit } from "../data/dataset.ts";
import { decodeImages } from "../data/images.ts";
import { loadDataset } from "../data/loaders.ts";
import type { Batch, BatchProducer } from "../data/prefetch.ts";
import { tokenizerFromJSON } from "../data/tokenizers/index.ts";
import type { Tokenizer } from "../data/tokenizers/tokenizer.ts";
import { augmentInto, augmentParams } from "./augment.ts";
import { type EncodedQuestion, packQuestions } from "./packing.ts";
import { orderQuestions, questionOrders } from "./question-order.ts";

export const vqaBatchOptions = z.strictObject({
  data: z.strictObject({ adapter: z.string(), params: z.record(z.string(), z.unknown()) }),
  tokenizer: z.unknown(),
  imageSizePx: z.int().positive(),
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

/** Decoded pictures are kept up to here; beyond, they are decoded each time they are needed. */
const CACHE_BYTES = 512 * 2 ** 20;

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

interface Picture {
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
  if (question.length + answer.length - 1 <= numTextTokens) return { question, answer, answerType: record.answerType };
  throw new DataError({
    code: "DATA_QUESTION_TOO_LONG",
    message: "A question with its answer is longer than a row of text tokens",
    expected: `at most ${numTextTokens} tokens`,
    got: `${question.length + answer.length - 1} tokens`,
    where: `question ${record.questionId}: "${record.question}"`,
    fix: "Raise training.numTextTokens.",
  });
}

class VqaBatchProducer {
  readonly #options: VqaBatchOptions;
  readonly #split: VqaSplit;
  readonly #pictures: Picture[];
  readonly #rng: Rng;
  readonly #cache = new Map<string, Uint8Array>();
  #order: { epoch: number; indices: Uint32Array } | null = null;

  constructor(options: VqaBatchOptions, split: VqaSplit, pictures: Picture[]) {
    this.#options = options;
    this.#split = split;
    this.#pictures = pictures;
    this.#rng = Rng.fromSeed(options.seed).stream("vqa-batches");
  }

  async batch(index: number): Promise<Batch> {
    const { batchSize, stepsPerRun, numTextTokens, imageSizePx, tokenizer } = this.#options;
    const rows = stepsPerRun * batchSize;
    const chosen = Array.from({ length: rows }, (_, row) => this.#pictureAt(index * rows + row));
    const decoded = await this.#decode(chosen.map(({ picture }) => picture.imageId));
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

  /** The n-th picture of the endless sequence of shuffled epochs, with a stream of its own. */
  #pictureAt(n: number): { picture: Picture; rng: Rng } {
    const epoch = Math.floor(n / this.#pictures.length);
    if (this.#order?.epoch !== epoch) {
      const indices = Uint32Array.from(this.#pictures.keys());
      this.#order = { epoch, indices: this.#rng.stream(`epoch-${epoch}`).shuffle(indices) };
    }
    const picture = this.#pictures[this.#order.indices[n % this.#pictures.length]!]!;
    return { picture, rng: this.#rng.stream(`sample-${n}`) };
  }

  async #decode(imageIds: readonly string[]): Promise<Map<string, Uint8Array>> {
    const { imageSizePx } = this.#options;
    const stride = imageSizePx * imageSizePx * 3;
    const missing = [...new Set(imageIds)].filter((id) => !this.#cache.has(id));
    const fresh = await decodeImages(
      missing.map((id) => this.#split.image(id)),
      { sizePx: imageSizePx },
    );
    const decoded = new Map<string, Uint8Array>();
    missing.forEach((id, i) => {
      const rgb = fresh.slice(i * stride, (i + 1) * stride);
      decoded.set(id, rgb);
      if ((this.#cache.size + 1) * stride <= CACHE_BYTES) this.#cache.set(id, rgb);
    });
    for (const id of imageIds) if (!decoded.has(id)) decoded.set(id, this.#cache.get(id)!);
    return decoded;
  }
}
