// [node]
import type { Tensor } from "@retort/engine";
import { compile, type Program, type Provider } from "@retort/engine/node";
import { DataError } from "../../base/errors.ts";
import { numImageTokens } from "./config.ts";
import {
  decodeLoopGraph,
  type GenerateGraphOptions,
  numCacheSlots,
  numFeatureRows,
  numPromptSlots,
  prefillGraph,
  visionGraph,
} from "./generate-graphs.ts";
import type { LlavaModel } from "./model-file.ts";

export interface GeneratorOptions {
  /** Questions decoded at once. */
  batchSize: number;
  /** Pictures encoded at once. */
  imageBatchSize: number;
  /** Pictures that one prompt may hold; default 1, and 0 for a language model by itself. */
  imagesPerPrompt?: number;
  /** Longest text of a prompt. */
  numPromptTokens: number;
  numNewTokens: number;
  provider: Provider;
  threads: number;
}

/** Image tokens of pictures, [N, imageTokens, D]. */
export interface EncodedImages {
  data: Float32Array;
  /** Numbers of one picture. */
  stride: number;
}

/** A piece of a prompt: token ids, or the image tokens of one encoded picture. */
export type PromptPart = { tokens: readonly number[] } | { imageIndex: number };

/** No pictures, for prompts of text alone. */
export const noImages: EncodedImages = { data: new Float32Array(0), stride: 0 };

/** Answers questions by greedy decoding with a key/value cache. Whoever creates it disposes it. */
export class Generator {
  readonly #model: LlavaModel;
  readonly #graphs: GenerateGraphOptions;
  readonly #imageBatchSize: number;
  readonly #vision: Program | null;
  readonly #prefill: Program;
  /** Null where an answer is one token. */
  readonly #decode: Program | null;

  private constructor(
    model: LlavaModel,
    options: GeneratorOptions,
    programs: [Program | null, Program, Program | null],
  ) {
    this.#model = model;
    this.#graphs = { config: model.config, ...options };
    this.#imageBatchSize = options.imageBatchSize;
    [this.#vision, this.#prefill, this.#decode] = programs;
  }

  static async create(model: LlavaModel, options: GeneratorOptions): Promise<Generator> {
    const { provider, threads } = options;
    const graphs = { config: model.config, ...options };
    const settings = { provider, threads, weights: model.weights };
    const vision =
      options.imagesPerPrompt === 0 ? null : await compile(visionGraph(model.config, options.imageBatchSize), settings);
    const prefill = await compile(prefillGraph(graphs), settings);
    const decode =
      options.numNewTokens === 1 ? null : await compile(decodeLoopGraph(graphs, model.tokenizer.eosId), settings);
    return new Generator(model, options, [vision, prefill, decode]);
  }

  /** `pixels` uint8 [N,H,W,3]; encoded in batches, the last one filled up with zeros. */
  async encodeImages(pixels: Uint8Array): Promise<EncodedImages> {
    const { config } = this.#model;
    const vision = this.#vision;
    if (vision === null) return noImages;
    const pixelStride = config.imageSizePx ** 2 * 3;
    const stride = numImageTokens(config) * config.decoder.dim;
    const count = pixels.length / pixelStride;
    const data = new Float32Array(count * stride);
    const batch = this.#imageBatchSize;
    for (let first = 0; first < count; first += batch) {
      const fed = new Uint8Array(batch * pixelStride);
      fed.set(pixels.subarray(first * pixelStride, Math.min(first + batch, count) * pixelStride));
      const shape = [batch, config.imageSizePx, config.imageSizePx, 3];
      const { image } = await vision.run({ pixels: { dtype: "uint8", shape, data: fed } });
      const tokens = image!.data as Float32Array;
      data.set(tokens.subarray(0, Math.min(batch, count - first) * stride), first * stride);
    }
    return { data, stride };
  }

  /**
   * Answers up to batchSize questions, each about one encoded picture that stands before it.
   * @returns the generated ids of each, without the end-of-text token
   */
  answer(
    questions: readonly { imageIndex: number; tokens: readonly number[] }[],
    images: EncodedImages,
  ): Promise<number[][]> {
    return this.generate(
      questions.map(({ imageIndex, tokens }) => [{ imageIndex }, { tokens }]),
      images,
    );
  }

  /**
   * Continues up to batchSize prompts.
   * @returns the generated ids of each, without the end-of-text token
   * @throws DataError for a prompt that is longer than the generator was made for, or empty
   */
  async generate(prompts: readonly (readonly PromptPart[])[], images: EncodedImages): Promise<number[][]> {
    const { eosId } = this.#model.tokenizer;
    const state = await this.#readPrompts(prompts, images);
    const first = greedy(state.logits, this.#graphs.batchSize);
    const open = Uint8Array.from(first, (id, row) => Number(row < prompts.length && id !== eosId));
    const rest =
      this.#decode !== null && open.includes(1) ? await this.#continue(this.#decode, state, first, open) : null;
    return prompts.map((_, row) => {
      const ids = [first[row]!, ...(rest?.[row] ?? [])];
      const end = ids.indexOf(eosId);
      return end === -1 ? ids : ids.slice(0, end);
    });
  }

  async dispose(): Promise<void> {
    await Promise.all([this.#vision?.dispose(), this.#prefill.dispose(), this.#decode?.dispose()]);
  }

  async #readPrompts(prompts: readonly (readonly PromptPart[])[], images: EncodedImages): Promise<DecodeState> {
    const { config, batchSize } = this.#graphs;
    const numImage = numImageTokens(config);
    const numSlots = numPromptSlots(this.#graphs);
    const features = new Float32Array(numFeatureRows(this.#graphs) * config.decoder.dim);
    const tokens = new BigInt64Array(batchSize * numSlots).fill(BigInt(this.#model.tokenizer.padId));
    const featureIndex = new BigInt64Array(batchSize * numSlots).fill(-1n);
    // Rows without a prompt still need one slot to look at.
    const lengths = new BigInt64Array(batchSize).fill(1n);
    let numPictures = 0;
    prompts.forEach((parts, row) => {
      this.#checkPrompt(parts, row);
      let slot = row * numSlots;
      for (const part of parts) {
        if ("tokens" in part) {
          for (const id of part.tokens) tokens[slot++] = BigInt(id);
          continue;
        }
        const { data, stride } = images;
        features.set(data.subarray(part.imageIndex * stride, (part.imageIndex + 1) * stride), numPictures * stride);
        for (let i = 0; i < numImage; i++) featureIndex[slot++] = BigInt(numPictures * numImage + i);
        numPictures++;
      }
      lengths[row] = BigInt(slot - row * numSlots);
    });
    const out = await this.#prefill.run({
      features: { dtype: "float32", shape: [numFeatureRows(this.#graphs), config.decoder.dim], data: features },
      tokens: { dtype: "int64", shape: [batchSize, numSlots], data: tokens },
      feature_index: { dtype: "int64", shape: [batchSize, numSlots], data: featureIndex },
      lengths: { dtype: "int64", shape: [batchSize], data: lengths },
    });
    const slots = numCacheSlots(this.#graphs);
    const visible = new Uint8Array(batchSize * slots);
    for (let row = 0; row < batchSize; row++) visible.fill(1, row * slots, row * slots + Number(lengths[row]));
    return { logits: out.logits!, caches: cachesOf(out), lengths, visible };
  }

  #checkPrompt(parts: readonly PromptPart[], row: number): void {
    const { imagesPerPrompt = 1, numPromptTokens } = this.#graphs;
    const numText = parts.reduce((sum, part) => sum + ("tokens" in part ? part.tokens.length : 0), 0);
    const numPictures = parts.filter((part) => "imageIndex" in part).length;
    if (numText <= numPromptTokens && numPictures <= imagesPerPrompt && numText + numPictures > 0) return;
    throw new DataError({
      code: "DATA_PROMPT_SIZE",
      message:
        numText + numPictures === 0 ? "A prompt is empty" : "A prompt is longer than this generator was made for",
      expected: `1 to ${numPromptTokens} tokens and at most ${imagesPerPrompt} pictures`,
      got: `${numText} tokens and ${numPictures} pictures`,
      where: `prompt ${row} of the batch`,
    });
  }

  /** The tokens after the first of each row. */
  async #continue(
    decode: Program,
    { caches, lengths, visible }: DecodeState,
    first: Int32Array,
    open: Uint8Array<ArrayBuffer>,
  ): Promise<number[][]> {
    const { batchSize, numNewTokens } = this.#graphs;
    const { tokens } = await decode.run({
      token: { dtype: "int64", shape: [batchSize, 1], data: BigInt64Array.from(first, BigInt) },
      open: { dtype: "bool", shape: [batchSize], data: open },
      lengths: { dtype: "int64", shape: [batchSize], data: lengths },
      visible: { dtype: "bool", shape: [batchSize, numCacheSlots(this.#graphs)], data: visible },
      ...caches,
    });
    const ids = Array.from(tokens!.data as BigInt64Array, Number);
    return Array.from({ length: batchSize }, (_, row) =>
      ids.slice(row * (numNewTokens - 1), (row + 1) * (numNewTokens - 1)),
    );
  }
}

interface DecodeState {
  logits: Tensor;
  /** By the decode graph's input names. */
  caches: Record<string, Tensor>;
  lengths: BigInt64Array<ArrayBuffer>;
  /** [B, slots] */
  visible: Uint8Array<ArrayBuffer>;
}

function cachesOf(out: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  const entries = Object.entries(out).filter(([name]) => name !== "logits");
  return Object.fromEntries(entries.map(([name, tensor]) => [name.replace(/^new_/, ""), tensor]));
}

/** Index of the largest logit of each row; of equal ones the first. */
function greedy({ data, shape }: Tensor, batchSize: number): Int32Array {
  const width = shape[1]!;
  const logits = data as Float32Array;
  return Int32Array.from({ length: batchSize }, (_, row) => {
    let best = 0;
    for (let i = 1; i < width; i++) if (logits[row * width + i]! > logits[row * width + best]!) best = i;
    return best;
  });
}
