// [node]
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as yieldToEvents } from "node:timers/promises";
import { sizeOf, type Tensor } from "@retort/engine";
import { compile, type Program } from "@retort/engine/node";
import { SpecError } from "../../base/errors.ts";
import { LARGEST_FILE_BYTES } from "../../base/largest-file.ts";
import { loadDataset } from "../../data/loaders.ts";
import { subsetOf } from "../../data/subset.ts";
import { type Sample, samplesOf } from "../../methods/llava-kd/samples.ts";
import { encodeTeacher } from "../../methods/llava-kd/teacher-file.ts";
import { teacherGraph } from "../../methods/llava-kd/teacher-graph.ts";
import { numImageTokens } from "../../models/llava/config.ts";
import { encoderSha256, ImageFeatures, requireSameEncoder } from "../../models/llava/features-file.ts";
import { type LlavaModel, readModel } from "../../models/llava/model-file.ts";
import { longestRow, packedLength, packQuestions, rowLength } from "../../train/packing.ts";
import { LLAVA_TRAIN_MEMORY_BYTES } from "../llava-train/definition.ts";
import { reportSkipped } from "../report-skipped.ts";
import type { StageContext } from "../stage.ts";
import { type TeacherCacheParams, teacherCache } from "./definition.ts";

export async function runTeacherCache(context: StageContext<TeacherCacheParams>): Promise<void> {
  const { params, inputs, signal } = context;
  const model = readModel(await readFile(inputs.model!), "input model");
  const features = await ImageFeatures.read(inputs.features!, "train");
  requireSameEncoder(model, features);
  const { vocabularySize } = model.config;
  if (params.topK !== null && params.topK > vocabularySize) {
    throw new SpecError({
      code: "TOP_K_TOO_LARGE",
      message: "There are fewer tokens than are to be kept",
      expected: `at most ${vocabularySize}`,
      got: String(params.topK),
      where: "topK",
    });
  }
  const data = await loadDataset(params.data, signal);
  reportSkipped(data, context);
  // Nothing is left out here: whether a question fits a row is for the students to say.
  const everything = { content: params.content, numTextTokens: Number.MAX_SAFE_INTEGER, onTooLong: "error" } as const;
  const { samples } = samplesOf(subsetOf(data.train, params.subset), model.tokenizer, everything);
  const rows = new TeacherRows(samples, model, params);
  const program = await compile(rows.graph(), { provider: params.device, threads: params.threads });
  try {
    for (let first = 0; first < samples.length; first += params.batchSize) {
      signal.throwIfAborted();
      await rows.run(program, { first, features });
      context.progress(Math.min(first + params.batchSize, samples.length), samples.length, "pictures");
      await yieldToEvents();
    }
  } finally {
    await program.dispose();
  }
  const path = join(context.workDir, "outputs.safetensors");
  await writeFile(path, rows.file());
  await context.artifact("outputs", path, { fileName: "outputs.safetensors", numRows: rows.numRows });
}

const bits = { float16: Uint16Array, float32: Float32Array, int32: Int32Array };

/** Bytes that the outputs may have: while they are written, and while a student's stage reads them, they are in memory twice. */
function mostBytes(params: TeacherCacheParams): number {
  const { memoryBytes } = teacherCache.resources(params);
  return Math.min(LARGEST_FILE_BYTES, Math.min(memoryBytes, LLAVA_TRAIN_MEMORY_BYTES) / 2);
}

type Layout = { name: string; dtype: keyof typeof bits; shape: number[] };

/** @throws SpecError before anything is computed that no stage could hold */
function requireRoom(layout: readonly Layout[], { params, numRows }: { params: TeacherCacheParams; numRows: number }) {
  const bytesOf = ({ dtype, shape }: Layout) => sizeOf(shape) * bits[dtype].BYTES_PER_ELEMENT;
  const numBytes = layout.reduce((sum, tensor) => sum + bytesOf(tensor), 0);
  const most = mostBytes(params);
  if (numBytes <= most) return;
  throw new SpecError({
    code: "TEACHER_CACHE_TOO_LARGE",
    message: "The teacher's outputs are more than the stages that write and read them can hold",
    expected: `at most ${most} bytes`,
    got: `${numBytes} bytes for ${numRows} tokens`,
    where: "the teacher's outputs",
    fix:
      "Set topK, so that the most probable tokens alone are stored (the relation of logits then has to weigh nothing, or be of " +
      "hidden states), let the teacher run online, or learn from fewer pictures.",
  });
}

/** The teacher's outputs as they grow, picture by picture. */
class TeacherRows {
  readonly numRows: number;
  readonly #model: LlavaModel;
  readonly #params: TeacherCacheParams;
  readonly #samples: readonly Sample[];
  readonly #numTextTokens: number;
  readonly #images: Record<string, number> = {};
  readonly #questions: Record<string, number> = {};
  readonly #tensors: Map<string, Tensor>;

  constructor(samples: readonly Sample[], model: LlavaModel, params: TeacherCacheParams) {
    this.#samples = samples;
    this.#model = model;
    this.#params = params;
    this.#numTextTokens = longestRow(samples);
    const numImage = numImageTokens(model.config);
    let row = 0;
    for (const { imageId, questions } of samples) {
      this.#images[imageId] = row;
      row += numImage;
      for (const asked of questions) {
        this.#questions[asked.id] = row;
        row += packedLength(asked);
      }
    }
    this.numRows = row;
    const { precision: dtype, topK } = params;
    const { vocabularySize, decoder } = model.config;
    const layout: Layout[] = [
      { name: "hidden", dtype, shape: [samples.length, numImage, decoder.dim] },
      ...(topK === null
        ? [{ name: "logits", dtype, shape: [row, vocabularySize] }]
        : [
            { name: "values", dtype, shape: [row, topK] },
            { name: "indices", dtype: "int32" as const, shape: [row, topK] },
            { name: "rest", dtype, shape: [row] },
          ]),
    ];
    requireRoom(layout, { params, numRows: row });
    const empty = ({ name, dtype, shape }: Layout): [string, Tensor] => {
      const data = new bits[dtype](sizeOf(shape));
      return [name, { dtype, shape, data }];
    };
    this.#tensors = new Map(layout.map(empty));
  }

  graph() {
    const { config, weights } = this.#model;
    const { batchSize, precision, topK } = this.#params;
    return teacherGraph({ config, weights, batchSize, numTextTokens: this.#numTextTokens, dtype: precision, topK });
  }

  /** The last batch is filled up with zeros. */
  async run(program: Program, { first, features }: { first: number; features: ImageFeatures }): Promise<void> {
    const { batchSize } = this.#params;
    const batch = this.#samples.slice(first, first + batchSize);
    const length = this.#numTextTokens;
    const [tokens, width] = features.shape;
    const fed = new Uint16Array(batchSize * tokens * width);
    const names = ["tokens", "segments", "positions", "labels"] as const;
    const text = Object.fromEntries(names.map((name) => [name, new BigInt64Array(batchSize * length)]));
    batch.forEach(({ imageId, questions }, row) => {
      fed.set(features.of(imageId), row * tokens * width);
      const part = (name: string) => text[name]!.subarray(row * length, (row + 1) * length);
      const target = { tokens: part("tokens"), segments: part("segments"), positions: part("positions") };
      packQuestions(questions, { ...target, labels: part("labels") }, this.#model.tokenizer.padId);
    });
    const ofText = (name: string): Tensor => ({ dtype: "int64", shape: [batchSize, length], data: text[name]! });
    const out = await program.run({
      features: { dtype: "float16", shape: [batchSize, tokens, width], data: fed },
      tokens: ofText("tokens"),
      segments: ofText("segments"),
      positions: ofText("positions"),
    });
    for (const [row, sample] of batch.entries()) this.#keep(sample, { out, row, place: first + row });
  }

  file(): Uint8Array {
    const { config, tokenizer, weights } = this.#model;
    return encodeTeacher(this.#tensors, {
      dtype: this.#params.precision,
      topK: this.#params.topK,
      vocabularySize: config.vocabularySize,
      numImageTokens: numImageTokens(config),
      hiddenWidth: config.decoder.dim,
      encoderSha256: encoderSha256(weights),
      tokenizer: tokenizer.toJSON(),
      images: this.#images,
      questions: this.#questions,
    });
  }

  /** A picture's rows stand together in the batch as in the file: image tokens, then question by question. */
  #keep(
    { imageId, questions }: Sample,
    { out, row, place }: { out: Readonly<Record<string, Tensor>>; row: number; place: number },
  ): void {
    const numRows = numImageTokens(this.#model.config) + rowLength(questions);
    for (const [name, { data, shape }] of this.#tensors) {
      const from = out[name]!;
      if (name === "hidden") {
        const size = shape[1]! * shape[2]!;
        copy(from, { start: row * size, count: size }, data, place * size);
        continue;
      }
      const width = shape[1] ?? 1;
      const perPicture = from.shape[1]! * width;
      const count = numRows * width;
      copy(from, { start: row * perPicture, count }, data, this.#images[imageId]! * width);
    }
  }
}

function copy(from: Tensor, { start, count }: { start: number; count: number }, to: Tensor["data"], at: number): void {
  (to as Uint16Array).set((from.data as Uint16Array).subarray(start, start + count), at);
}
