// [node]
import type { Tensor } from "@retort/engine";
import { Rng } from "../../base/rng.ts";
import type { Batch, BatchProducer } from "../../data/prefetch.ts";
import type { Tokenizer } from "../../data/tokenizers/tokenizer.ts";
import type { ImageFeatures } from "../../models/llava/features-file.ts";
import { Epochs } from "../../train/epochs.ts";
import { packedLength, packQuestions } from "../../train/packing.ts";
import { orderQuestions, type QuestionOrder } from "../../train/question-order.ts";
import type { Asked, Sample } from "./samples.ts";
import type { TeacherOutputs } from "./teacher-file.ts";

export interface BatchOptions {
  /** Which of the graph's optional inputs it wants. */
  wants: { promptMask: boolean; teacherHidden: boolean };
  numImageTokens: number;
  numTextTokens: number;
  questionOrder: QuestionOrder;
  batchSize: number;
  /** Steps whose batches are stacked for one run of the train program. */
  stepsPerRun: number;
  seed: number;
}

export interface Sources {
  samples: readonly Sample[];
  tokenizer: Tokenizer;
  /** Null: the caption's words stand in the picture's place. */
  features: ImageFeatures | null;
  /** Null: none, or it runs beside the student. */
  teacher: TeacherOutputs | null;
}

/** One row of a batch and what is packed into it; questions[i] is segment i + 1. */
interface PackedSample {
  sample: Sample;
  questions: Asked[];
  rng: Rng;
}

/**
 * Batches for trainGraph(), stacked [K, B, ...]; batch i depends on the seed and i alone. Little more than copying, so it needs
 * no thread.
 */
export class LlavaBatches implements BatchProducer {
  readonly #options: BatchOptions;
  readonly #sources: Sources;
  readonly #epochs: Epochs;

  constructor(options: BatchOptions, sources: Sources) {
    this.#options = options;
    this.#sources = sources;
    this.#epochs = new Epochs(sources.samples.length, Rng.fromSeed(options.seed).stream("llava-batches"));
  }

  batch(index: number): Batch {
    const { batchSize, stepsPerRun, wants } = this.#options;
    const numRows = stepsPerRun * batchSize;
    const chosen = Array.from({ length: numRows }, (_, row) => this.#epochs.at(index * numRows + row));
    const { packed, text } = this.#pack(chosen.map((at) => ({ ...at, sample: this.#sources.samples[at.index]! })));
    return {
      ...text,
      ...this.#imageSlot(packed),
      ...(wants.promptMask && { promptMask: this.#promptMask(packed) }),
      ...this.#teacher(packed),
    };
  }

  #stacked({ dtype, shape, data }: Tensor): Tensor {
    const { stepsPerRun, batchSize } = this.#options;
    return { dtype, shape: [stepsPerRun, batchSize, ...shape], data };
  }

  #pack(chosen: readonly { sample: Sample; rng: Rng }[]): { packed: PackedSample[]; text: Batch } {
    const { numTextTokens, questionOrder } = this.#options;
    const names = ["tokens", "segments", "positions", "labels"] as const;
    const all = names.map((name) => [name, new BigInt64Array(chosen.length * numTextTokens)] as const);
    const packed = chosen.map(({ sample, rng }, row) => {
      const part = ([name, data]: (typeof all)[number]) =>
        [name, data.subarray(row * numTextTokens, (row + 1) * numTextTokens)] as const;
      const target = Object.fromEntries(all.map(part)) as Record<(typeof names)[number], BigInt64Array>;
      const order = orderQuestions(sample.questions, questionOrder, rng);
      return { sample, rng, questions: packQuestions(order, target, this.#sources.tokenizer.padId) };
    });
    const tensors = all.map(([name, data]) => [name, this.#stacked({ dtype: "int64", shape: [numTextTokens], data })]);
    return { packed, text: Object.fromEntries(tensors) };
  }

  #imageSlot(packed: readonly PackedSample[]): Batch {
    const { features, tokenizer } = this.#sources;
    const { numImageTokens } = this.#options;
    if (features !== null) {
      const [tokens, width] = features.shape;
      const data = new Uint16Array(packed.length * tokens * width);
      for (const [row, { sample }] of packed.entries()) data.set(features.of(sample.imageId), row * tokens * width);
      return { features: this.#stacked({ dtype: "float16", shape: [tokens, width], data }) };
    }
    // A short caption is said again and again, from a word that chance chooses: no place of the picture means anything.
    const data = new BigInt64Array(packed.length * numImageTokens).fill(BigInt(tokenizer.padId));
    packed.forEach(({ sample, rng }, row) => {
      const { caption } = sample;
      const first = rng.integer(caption.length);
      for (let i = 0; i < numImageTokens; i++) {
        data[row * numImageTokens + i] = BigInt(caption[(first + i) % caption.length]!);
      }
    });
    return { caption: this.#stacked({ dtype: "int64", shape: [numImageTokens], data }) };
  }

  /** True where the next token belongs to the instruction: at the logits that predict it. */
  #promptMask(packed: readonly PackedSample[]): Tensor {
    const { numTextTokens } = this.#options;
    const data = new Uint8Array(packed.length * numTextTokens);
    packed.forEach(({ questions }, row) => {
      let start = row * numTextTokens;
      for (const asked of questions) {
        data.fill(1, start, start + asked.question.length - 1);
        start += packedLength(asked);
      }
    });
    return this.#stacked({ dtype: "bool", shape: [numTextTokens], data });
  }

  #teacher(packed: readonly PackedSample[]): Batch {
    const { teacher } = this.#sources;
    if (teacher === null) return {};
    const { dtype, vocabularySize, numImageTokens, hiddenWidth } = teacher.about;
    const length = numImageTokens + this.#options.numTextTokens;
    const logits = teacher.room(packed.length * length * vocabularySize);
    packed.forEach(({ sample, questions }, row) => {
      let place = row * length;
      const next = (numRows: number) => {
        const room = logits.subarray(place * vocabularySize, (place + numRows) * vocabularySize);
        place += numRows;
        return room;
      };
      teacher.image(sample.imageId, next(numImageTokens));
      for (const asked of questions) teacher.question(asked.id, packedLength(asked), next(packedLength(asked)));
    });
    const teacherLogits = this.#stacked({ dtype, shape: [length, vocabularySize], data: logits });
    if (!this.#options.wants.teacherHidden) return { teacherLogits };
    const size = numImageTokens * hiddenWidth;
    const hidden = teacher.room(packed.length * size);
    packed.forEach(({ sample }, row) => {
      teacher.hidden(sample.imageId, hidden.subarray(row * size, (row + 1) * size));
    });
    return {
      teacherLogits,
      teacherHidden: this.#stacked({ dtype, shape: [numImageTokens, hiddenWidth], data: hidden }),
    };
  }
}
