// [node] Runs in the prefetch thread.
import { readFile } from "node:fs/promises";
import { deserialize } from "node:v8";
import { z } from "zod";
import { DataError } from "../../base/errors.ts";
import { Rng } from "../../base/rng.ts";
import { encodeSegments } from "../../data/conversation/encode.ts";
import { templateNames, templates } from "../../data/conversation/templates.ts";
import { decodeImages } from "../../data/images.ts";
import { ConversationFile } from "../../data/llava-json/conversation-file.ts";
import type { Survey } from "../../data/llava-json/survey.ts";
import type { Batch, BatchProducer } from "../../data/prefetch.ts";
import { tokenizerFromJSON } from "../../data/tokenizers/index.ts";
import type { Tokenizer } from "../../data/tokenizers/tokenizer.ts";
import { IGNORE_LABEL } from "../../losses/positions.ts";
import { pictureOptionsParam } from "../../models/llava/picture.ts";
import { planRows, rowOrders } from "../../train/row-plan.ts";

export const conversationBatchOptions = z.strictObject({
  path: z.string(),
  images: z.string(),
  /** File with what surveyConversations() found, as v8 serialises it. */
  surveyPath: z.string(),
  tokenizer: z.unknown(),
  template: z.enum(templateNames),
  imageSizePx: z.int().positive(),
  picture: pictureOptionsParam,
  numImageTokens: z.int().positive(),
  numTokens: z.int().positive(),
  imagesPerRow: z.int().min(0),
  packed: z.boolean(),
  order: z.enum(rowOrders),
  batchSize: z.int().positive(),
  /** Rows of a micro-batch, which divides a batch: pictures are numbered within it. */
  rowsAtOnce: z.int().positive(),
  /** Steps whose batches are stacked for one run of the train program. */
  stepsPerRun: z.int().positive(),
  seed: z.int(),
});

export type ConversationBatchOptions = z.infer<typeof conversationBatchOptions>;

/** Batches for conversationGraph(), stacked [K, ...]. Batch i depends on the options and i alone. */
export async function createBatchProducer(options: unknown): Promise<BatchProducer> {
  const parsed = conversationBatchOptions.parse(options);
  const survey = deserialize(await readFile(parsed.surveyPath)) as Survey;
  const file = await ConversationFile.open(parsed.path, parsed.images);
  const producer = new ConversationBatches(parsed, { survey, file, tokenizer: tokenizerFromJSON(parsed.tokenizer) });
  return { batch: (index) => producer.batch(index) };
}

interface Sources {
  survey: Survey;
  file: ConversationFile;
  tokenizer: Tokenizer;
}

const slotNames = ["tokens", "features", "segments", "positions", "labels"] as const;
type Slots = Record<(typeof slotNames)[number], BigInt64Array<ArrayBuffer>>;

class ConversationBatches {
  readonly #options: ConversationBatchOptions;
  readonly #sources: Sources;
  readonly #rng: Rng;
  /** The epoch at hand: its rows, and the number of the first one in the endless sequence. */
  #epoch: { number: number; first: number; rows: number[][] };

  constructor(options: ConversationBatchOptions, sources: Sources) {
    this.#options = options;
    this.#sources = sources;
    this.#rng = Rng.fromSeed(options.seed).stream("conversations");
    this.#epoch = { number: 0, first: 0, rows: this.#plan(0, 0) };
  }

  async batch(index: number): Promise<Batch> {
    const { batchSize, stepsPerRun, numTokens, imagesPerRow, imageSizePx } = this.#options;
    const numRows = stepsPerRun * batchSize;
    const slots = Object.fromEntries(slotNames.map((name) => [name, new BigInt64Array(numRows * numTokens)])) as Slots;
    slots.tokens.fill(BigInt(this.#sources.tokenizer.padId));
    slots.features.fill(-1n);
    slots.labels.fill(BigInt(IGNORE_LABEL));
    const stride = imageSizePx ** 2 * 3;
    const pixels = new Uint8Array(numRows * imagesPerRow * stride);
    for (let row = 0; row < numRows; row++) {
      const pictures = await this.#fillRow(slots, { row, members: this.#rowAt(index * numRows + row) });
      pixels.set(pictures, row * imagesPerRow * stride);
    }
    const shape = [stepsPerRun, batchSize, numTokens];
    const text = Object.fromEntries(
      slotNames.map((name) => [name, { dtype: "int64" as const, shape, data: slots[name] }]),
    );
    const pictureShape = [stepsPerRun, batchSize * imagesPerRow, imageSizePx, imageSizePx, 3];
    return {
      ...text,
      ...(imagesPerRow > 0 && { pixels: { dtype: "uint8" as const, shape: pictureShape, data: pixels } }),
    };
  }

  /** Writes the row's conversations one behind the other. @returns its pictures */
  async #fillRow(slots: Slots, { row, members }: { row: number; members: readonly number[] }): Promise<Uint8Array> {
    const { template, numImageTokens, numTokens, imagesPerRow, rowsAtOnce, imageSizePx, picture } = this.#options;
    const { survey, file, tokenizer } = this.#sources;
    const images = [];
    let at = row * numTokens;
    for (const [place, member] of members.entries()) {
      const record = survey.records[member]!;
      const span = { start: survey.spans[2 * member]!, end: survey.spans[2 * member + 1]! };
      const conversation = await file.read(span, record);
      const encoded = encodeSegments(templates[template](conversation.turns, tokenizer), { tokenizer, numImageTokens });
      // Rows of image tokens are counted within what the graph sees at once.
      const before = ((row % rowsAtOnce) * imagesPerRow + images.length) * numImageTokens;
      const length = Math.min(encoded.tokens.length, numTokens);
      for (let i = 0; i < length; i++, at++) {
        const feature = encoded.features[i]!;
        slots.tokens[at] = BigInt(encoded.tokens[i]!);
        slots.features[at] = feature < 0 ? -1n : BigInt(before + feature);
        slots.segments[at] = BigInt(place + 1);
        slots.positions[at] = BigInt(i);
        if (i + 1 < length && encoded.learnt[i + 1]) slots.labels[at] = BigInt(encoded.tokens[i + 1]!);
      }
      images.push(...conversation.images.map((path) => file.image(path, conversation.id)));
    }
    try {
      return await decodeImages(images, { sizePx: imageSizePx, picture });
    } catch (error) {
      throw error instanceof DataError ? foundInTraining(error) : error;
    }
  }

  /** Members of row n of the endless sequence of epochs. */
  #rowAt(n: number): readonly number[] {
    if (n < this.#epoch.first) this.#epoch = { number: 0, first: 0, rows: this.#plan(0, 0) };
    while (n >= this.#epoch.first + this.#epoch.rows.length) {
      const { number, first, rows } = this.#epoch;
      const next = first + rows.length;
      this.#epoch = { number: number + 1, first: next, rows: this.#plan(number + 1, next) };
    }
    return this.#epoch.rows[n - this.#epoch.first]!;
  }

  #plan(epoch: number, first: number): number[][] {
    const { lengths, images } = this.#sources.survey;
    const numBegun = first % this.#options.batchSize;
    return planRows({ ...this.#options, lengths, images, numBegun }, this.#rng.stream(`epoch-${epoch}`));
  }
}

/** The rows are planned by now and a picture cannot be left out of them; only the next survey can do that. */
function foundInTraining({ code, expected, got, where, cause }: DataError): DataError {
  return new DataError({
    code,
    message: "A picture that training needs cannot be read",
    expected,
    got,
    where,
    fix: 'Copy the file again from its source, or start the stage again with onBadRecord "skip": then every picture is decoded before training, and the records of broken ones are left out and listed.',
    cause,
  });
}
