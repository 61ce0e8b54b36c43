// [node]
import { readFile } from "node:fs/promises";
import { ModelError, type Tensor } from "@retort/engine";
import { decodeSnapshot, encodeSnapshot, type Snapshot } from "@retort/engine/node";
import { z } from "zod";
import { DataError } from "../../base/errors.ts";

const header = z.object({
  dtype: z.enum(["float16", "float32"]),
  topK: z.int().positive().nullable(),
  vocabularySize: z.int().positive(),
  /** Image tokens of a picture. */
  numImageTokens: z.int().positive(),
  /** Width of the hidden states. */
  hiddenWidth: z.int().positive(),
  /** Of the encoder whose features the teacher saw. */
  encoderSha256: z.string(),
  tokenizer: z.unknown(),
  /** First row of each picture's image tokens, and of each question's tokens, by id. */
  images: z.record(z.string(), z.int().nonnegative()),
  questions: z.record(z.string(), z.int().nonnegative()),
});

export type TeacherHeader = z.infer<typeof header>;

const FORMAT = "retort-teacher-outputs";

/**
 * What a teacher said to every token: `hidden` [image rows, D], and `logits` [rows, V] or, of the most probable tokens,
 * `values` and `indices` [rows, K] with `rest` [rows]. The rows of a picture come first, then those of its questions.
 */
export function encodeTeacher(tensors: ReadonlyMap<string, Tensor>, about: TeacherHeader): Uint8Array {
  return encodeSnapshot({ tensors: new Map(tensors), metadata: { format: FORMAT, about: JSON.stringify(about) } });
}

/** Bits of float16, or float32, as the file holds them. */
export type TeacherRows = Uint16Array<ArrayBuffer> | Float32Array<ArrayBuffer>;

/** A teacher's stored outputs. Rows are copied as they are: the numbers become float32 in the graph. */
export class TeacherOutputs {
  readonly about: TeacherHeader;
  readonly #tensors: ReadonlyMap<string, Tensor>;
  readonly #where: string;
  /** Place of each picture among the pictures. */
  readonly #places: ReadonlyMap<string, number>;

  private constructor(about: TeacherHeader, tensors: ReadonlyMap<string, Tensor>, where: string) {
    this.about = about;
    this.#tensors = tensors;
    this.#where = where;
    this.#places = new Map(Object.keys(about.images).map((imageId, place) => [imageId, place]));
  }

  /** @throws DataError when the file is something else */
  static async read(path: string): Promise<TeacherOutputs> {
    const { tensors, metadata } = await snapshotOf(path);
    const parsed = metadata.format === FORMAT ? header.safeParse(JSON.parse(metadata.about ?? "null")) : null;
    if (!parsed?.success) throw notOutputs(path, metadata.format ?? "no format");
    return new TeacherOutputs(parsed.data, tensors, path);
  }

  /** Room for so many numbers, in the file's type. */
  room(count: number): TeacherRows {
    return this.about.dtype === "float16" ? new Uint16Array(count) : new Float32Array(count);
  }

  /** Writes logits [imageTokens, V] of a picture. @throws DataError for a picture that the teacher has not seen */
  image(imageId: string, target: TeacherRows): void {
    this.#copy(this.#row("images", imageId), this.about.numImageTokens, target);
  }

  /** Writes logits [numRows, V] of a question. @throws DataError for a question that the teacher has not seen */
  question(id: string, numRows: number, target: TeacherRows): void {
    this.#copy(this.#row("questions", id), numRows, target);
  }

  /** Writes hidden states [imageTokens, D] of a picture. @throws as image() */
  hidden(imageId: string, target: TeacherRows): void {
    const size = this.about.numImageTokens * this.about.hiddenWidth;
    const place = this.#places.get(imageId) ?? this.#row("images", imageId);
    target.set(this.#data("hidden").subarray(place * size, (place + 1) * size));
  }

  #row(kind: "images" | "questions", id: string): number {
    const rows = this.about[kind];
    if (Object.hasOwn(rows, id)) return rows[id]!;
    throw new DataError({
      code: "DATA_NOT_IN_TEACHER_CACHE",
      message: "The teacher's outputs lack what is to be learnt",
      expected: `one of the ${Object.keys(rows).length} ${kind} that the teacher has seen`,
      got: id,
      where: this.#where,
      fix: "Make the teacher's outputs from a data set that has all pictures and questions of this one.",
    });
  }

  #copy(firstRow: number, numRows: number, target: TeacherRows): void {
    const { topK, vocabularySize } = this.about;
    if (topK === null) {
      target.set(this.#data("logits").subarray(firstRow * vocabularySize, (firstRow + numRows) * vocabularySize));
      return;
    }
    const [values, rest] = [this.#data("values"), this.#data("rest")];
    const indices = this.#tensors.get("indices")!.data as Int32Array;
    for (let row = 0; row < numRows; row++) {
      const from = (firstRow + row) * topK;
      target.fill(rest[firstRow + row]!, row * vocabularySize, (row + 1) * vocabularySize);
      for (let k = 0; k < topK; k++) target[row * vocabularySize + indices[from + k]!] = values[from + k]!;
    }
  }

  #data(name: string): TeacherRows {
    return this.#tensors.get(name)!.data as TeacherRows;
  }
}

async function snapshotOf(path: string): Promise<Snapshot> {
  try {
    return decodeSnapshot(await readFile(path));
  } catch (cause) {
    if (cause instanceof ModelError) throw notOutputs(path, cause.message, cause);
    throw cause;
  }
}

function notOutputs(where: string, got: string, cause?: unknown): DataError {
  return new DataError({
    code: "DATA_NOT_TEACHER_OUTPUTS",
    message: "This file does not hold a teacher's outputs",
    expected: "the outputs of a teacher-cache stage",
    got,
    where,
    cause,
  });
}
