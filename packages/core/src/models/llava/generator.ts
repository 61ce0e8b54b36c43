// [node]
import type { Tensor } from "@retort/engine";
import { compile, type Program, type Provider } from "@retort/engine/node";
import { numImageTokens } from "./config.ts";
import { decodeGraph, type GenerateGraphOptions, numCacheSlots, prefillGraph, visionGraph } from "./generate-graphs.ts";
import type { LlavaModel } from "./model-file.ts";

export interface GeneratorOptions {
  /** Questions decoded at once. */
  batchSize: number;
  /** Pictures encoded at once. */
  imageBatchSize: number;
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

/** Answers questions by greedy decoding with a key/value cache. Whoever creates it disposes it. */
export class Generator {
  readonly #model: LlavaModel;
  readonly #graphs: GenerateGraphOptions;
  readonly #imageBatchSize: number;
  readonly #vision: Program;
  readonly #prefill: Program;
  readonly #decode: Program;

  private constructor(model: LlavaModel, options: GeneratorOptions, programs: [Program, Program, Program]) {
    this.#model = model;
    this.#graphs = { config: model.config, ...options };
    this.#imageBatchSize = options.imageBatchSize;
    [this.#vision, this.#prefill, this.#decode] = programs;
  }

  static async create(model: LlavaModel, options: GeneratorOptions): Promise<Generator> {
    const { provider, threads } = options;
    const graphs = { config: model.config, ...options };
    const settings = { provider, threads, weights: model.weights };
    const vision = await compile(visionGraph(model.config, options.imageBatchSize), settings);
    const prefill = await compile(prefillGraph(graphs), settings);
    const decode = await compile(decodeGraph(graphs), settings);
    return new Generator(model, options, [vision, prefill, decode]);
  }

  /** `pixels` uint8 [N,H,W,3]; encoded in batches, the last one filled up with zeros. */
  async encodeImages(pixels: Uint8Array): Promise<EncodedImages> {
    const { config } = this.#model;
    const pixelStride = config.imageSizePx ** 2 * 3;
    const stride = numImageTokens(config) * config.decoder.dim;
    const count = pixels.length / pixelStride;
    const data = new Float32Array(count * stride);
    const batch = this.#imageBatchSize;
    for (let first = 0; first < count; first += batch) {
      const fed = new Uint8Array(batch * pixelStride);
      fed.set(pixels.subarray(first * pixelStride, Math.min(first + batch, count) * pixelStride));
      const shape = [batch, config.imageSizePx, config.imageSizePx, 3];
      const { image } = await this.#vision.run({ pixels: { dtype: "uint8", shape, data: fed } });
      const tokens = image!.data as Float32Array;
      data.set(tokens.subarray(0, Math.min(batch, count - first) * stride), first * stride);
    }
    return { data, stride };
  }

  /**
   * Answers up to batchSize questions, each about one encoded picture.
   * @returns the generated ids of each, without the end-of-text token
   */
  async answer(
    questions: readonly { imageIndex: number; tokens: readonly number[] }[],
    images: EncodedImages,
  ): Promise<number[][]> {
    const { batchSize, numNewTokens } = this.#graphs;
    const { eosId } = this.#model.tokenizer;
    const state = await this.#readQuestions(questions, images);
    const answers: number[][] = questions.map(() => []);
    const open = new Set(questions.keys());
    for (let step = 0; ; step++) {
      const next = greedy(state.logits, batchSize);
      for (const row of open) {
        if (next[row] === eosId) open.delete(row);
        else answers[row]!.push(next[row]!);
      }
      if (open.size === 0 || step === numNewTokens - 1) return answers;
      await this.#advance(state, next, step);
    }
  }

  async dispose(): Promise<void> {
    await Promise.all([this.#vision.dispose(), this.#prefill.dispose(), this.#decode.dispose()]);
  }

  async #readQuestions(
    questions: readonly { imageIndex: number; tokens: readonly number[] }[],
    images: EncodedImages,
  ): Promise<DecodeState> {
    const { config, batchSize, numPromptTokens } = this.#graphs;
    const numImage = numImageTokens(config);
    const image = new Float32Array(batchSize * images.stride);
    const tokens = new BigInt64Array(batchSize * numPromptTokens).fill(BigInt(this.#model.tokenizer.padId));
    // Rows without a question still need one token to look at.
    const lengths = new BigInt64Array(batchSize).fill(1n);
    questions.forEach(({ imageIndex, tokens: ids }, row) => {
      image.set(
        images.data.subarray(imageIndex * images.stride, (imageIndex + 1) * images.stride),
        row * images.stride,
      );
      ids.forEach((id, i) => {
        tokens[row * numPromptTokens + i] = BigInt(id);
      });
      lengths[row] = BigInt(ids.length);
    });
    const out = await this.#prefill.run({
      image: { dtype: "float32", shape: [batchSize, numImage, config.decoder.dim], data: image },
      tokens: { dtype: "int64", shape: [batchSize, numPromptTokens], data: tokens },
      lengths: { dtype: "int64", shape: [batchSize], data: lengths },
    });
    const slots = numCacheSlots(this.#graphs);
    const visible = new Uint8Array(batchSize * slots);
    for (let row = 0; row < batchSize; row++)
      visible.fill(1, row * slots, row * slots + numImage + Number(lengths[row]));
    return { logits: out.logits!, caches: cachesOf(out), lengths, visible };
  }

  /** Feeds the tokens just chosen: slots are common to the batch, positions are each question's own. */
  async #advance(state: DecodeState, next: Int32Array, step: number): Promise<void> {
    const { config, batchSize, numPromptTokens } = this.#graphs;
    const numImage = numImageTokens(config);
    const slots = numCacheSlots(this.#graphs);
    const slot = numImage + numPromptTokens + step;
    for (let row = 0; row < batchSize; row++) state.visible[row * slots + slot] = 1;
    const positions = state.lengths.map((length) => length + BigInt(numImage + step));
    const out = await this.#decode.run({
      token: { dtype: "int64", shape: [batchSize, 1], data: BigInt64Array.from(next, BigInt) },
      positions: { dtype: "int64", shape: [batchSize, 1], data: positions },
      slot: { dtype: "int64", shape: [1], data: BigInt64Array.of(BigInt(slot)) },
      visible: { dtype: "bool", shape: [batchSize, slots], data: state.visible },
      ...state.caches,
    });
    state.logits = out.logits!;
    state.caches = cachesOf(out);
  }
}

interface DecodeState {
  logits: Tensor;
  /** By the decode graph's input names. */
  caches: Record<string, Tensor>;
  lengths: BigInt64Array;
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
