// [node]
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { ModelError, type Tensor } from "@retort/engine";
import { decodeSnapshot, encodeSnapshot } from "@retort/engine/node";
import { z } from "zod";
import { DataError } from "../../base/errors.ts";
import { llavaConfig, numImageTokens } from "./config.ts";
import type { LlavaModel } from "./model-file.ts";

const header = z.object({
  imageSizePx: llavaConfig.shape.imageSizePx,
  /** Files from before it was kept are of stretched pictures. */
  picture: llavaConfig.shape.picture,
  vision: llavaConfig.shape.vision,
  projector: llavaConfig.shape.projector,
  /** Of the encoder's weights. */
  encoderSha256: z.string(),
  /** Picture ids by split, in the order of the rows. */
  imageIds: z.record(z.string(), z.array(z.string())),
});

export type FeaturesHeader = z.infer<typeof header>;

const FORMAT = "retort-vision-features";

/** Features float16 [N, imageTokens, mergedWidth] of each split. */
export function encodeFeatures(splits: ReadonlyMap<string, Tensor>, about: FeaturesHeader): Uint8Array {
  return encodeSnapshot({ tensors: new Map(splits), metadata: { format: FORMAT, about: JSON.stringify(about) } });
}

/** Identity of an encoder: of the weights under "vision.", by name. */
export function encoderSha256(weights: ReadonlyMap<string, Tensor>): string {
  const hash = createHash("sha256");
  for (const name of [...weights.keys()].filter((key) => key.startsWith("vision.")).sort()) {
    const { shape, data } = weights.get(name)!;
    hash.update(`${name} ${shape.join(",")}\n`);
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest("hex");
}

/** The features of one split by picture. */
export class ImageFeatures {
  readonly about: FeaturesHeader;
  /** Image tokens and the numbers of each. */
  readonly shape: readonly [number, number];
  readonly #data: Uint16Array;
  readonly #rows: ReadonlyMap<string, number>;
  readonly #where: string;

  private constructor(about: FeaturesHeader, { tensor, ids }: { tensor: Tensor; ids: readonly string[] }, at: string) {
    this.about = about;
    this.shape = [tensor.shape[1]!, tensor.shape[2]!];
    this.#data = tensor.data as Uint16Array;
    this.#rows = new Map(ids.map((id, row) => [id, row]));
    this.#where = at;
  }

  /** @throws DataError when the file is something else or lacks the split */
  static async read(path: string, split: string): Promise<ImageFeatures> {
    const { tensors, metadata } = await snapshotOf(path);
    const parsed = metadata.format === FORMAT ? header.safeParse(JSON.parse(metadata.about ?? "null")) : null;
    const tensor = tensors.get(split);
    if (!parsed?.success || tensor === undefined) throw notFeatures(path, metadata.format ?? "no format");
    return new ImageFeatures(parsed.data, { tensor, ids: parsed.data.imageIds[split] ?? [] }, `${path}, ${split}`);
  }

  /** Bits of float16 [imageTokens, mergedWidth]. @throws DataError for a picture that has no features */
  of(imageId: string): Uint16Array {
    const row = this.#rows.get(imageId);
    const stride = this.shape[0] * this.shape[1];
    if (row !== undefined) return this.#data.subarray(row * stride, (row + 1) * stride);
    throw new DataError({
      code: "DATA_NO_FEATURES",
      message: "A picture has no features",
      expected: `one of the ${this.#rows.size} pictures that the features were made of`,
      got: imageId,
      where: this.#where,
      fix: "Make the features from a data set that has all pictures of this one.",
    });
  }

  /** Bits of float16 [N, imageTokens, mergedWidth]. @throws as of() */
  ofAll(imageIds: readonly string[]): Uint16Array {
    const stride = this.shape[0] * this.shape[1];
    const all = new Uint16Array(imageIds.length * stride);
    for (const [row, imageId] of imageIds.entries()) all.set(this.of(imageId), row * stride);
    return all;
  }
}

/** @throws DataError when the features are of another encoder, of pictures prepared otherwise, or merged in another way */
export function requireSameEncoder(
  { config, weights }: Pick<LlavaModel, "config" | "weights">,
  { about, shape }: ImageFeatures,
): void {
  const seenBy = ({ imageSizePx, picture, vision, projector }: Omit<FeaturesHeader, "encoderSha256" | "imageIds">) =>
    JSON.stringify([imageSizePx, picture, vision, projector]);
  const same = seenBy(config) === seenBy(about);
  if (same && encoderSha256(weights) === about.encoderSha256) return;
  throw new DataError({
    code: "DATA_FEATURES_OF_ANOTHER_ENCODER",
    message: "The features do not come from the model's own vision encoder",
    expected: `encoder ${encoderSha256(weights).slice(0, 12)}, ${numImageTokens(config)} image tokens`,
    got: `encoder ${about.encoderSha256.slice(0, 12)}, ${shape[0]} image tokens`,
    where: "input features",
    fix: "Take features and model of one encoder with the same merging; a teacher, too, must have looked through it.",
  });
}

async function snapshotOf(path: string) {
  try {
    return decodeSnapshot(await readFile(path));
  } catch (cause) {
    if (cause instanceof ModelError) throw notFeatures(path, cause.message, cause);
    throw cause;
  }
}

function notFeatures(where: string, got: string, cause?: unknown): DataError {
  return new DataError({
    code: "DATA_NOT_FEATURES",
    message: "This file does not hold features of pictures",
    expected: "the features of a vision-features stage",
    got,
    where,
    cause,
  });
}
