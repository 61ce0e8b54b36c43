// [node]
import { stat } from "node:fs/promises";
import sharp from "sharp";
import { DataError } from "../base/errors.ts";
import { forEachConcurrently } from "./concurrently.ts";
import type { ImageSource } from "./dataset.ts";

export interface DecodeOptions {
  /** Width and height of the result; images of another shape are stretched to the square. */
  sizePx: number;
  signal?: AbortSignal;
}

/**
 * Decodes images to 8-bit sRGB of one size: [N, sizePx, sizePx, 3], row-major. Transparency is laid on black.
 * @throws DataError naming the file (and its label) for a missing, empty, truncated or otherwise corrupt image.
 */
export async function decodeImages(
  sources: readonly ImageSource[],
  options: DecodeOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const { sizePx } = options;
  const stride = sizePx * sizePx * 3;
  const out = new Uint8Array(sources.length * stride);
  await forEachConcurrently(sources, options.signal, async (source, index) => {
    out.set(await decodeImage(source, sizePx), index * stride);
  });
  return out;
}

/** Every source that cannot be decoded, in order. */
export async function badImages(
  sources: readonly ImageSource[],
  options: { signal?: AbortSignal } = {},
): Promise<{ index: number; error: DataError }[]> {
  const bad: { index: number; error: DataError }[] = [];
  await forEachConcurrently(sources, options.signal, async (source, index) => {
    try {
      await decodeImage(source, null);
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      bad.push({ index, error });
    }
  });
  return bad.sort((a, b) => a.index - b.index);
}

/** Width and height of the upright picture, from its header alone. @throws DataError as decodeImages() does. */
export async function imageSize(source: ImageSource): Promise<{ width: number; height: number }> {
  if (source.kind === "rgb") return { width: source.width, height: source.height };
  try {
    const { autoOrient } = await sharp(source.kind === "file" ? source.path : source.bytes).metadata();
    return autoOrient;
  } catch (cause) {
    throw await corrupt(source, cause);
  }
}

/** PNG bytes of one 8-bit RGB image [heightPx, widthPx, 3]. */
export async function encodePng(rgb: Uint8Array, widthPx: number, heightPx: number): Promise<Uint8Array> {
  return sharp(rgb, { raw: { width: widthPx, height: heightPx, channels: 3 } })
    .png()
    .toBuffer();
}

/** `sizePx` null keeps the image's own size. */
async function decodeImage(source: ImageSource, sizePx: number | null): Promise<Uint8Array> {
  if (source.kind === "rgb") {
    checkRgbSize(source);
    if (sizePx === null || (source.width === sizePx && source.height === sizePx)) return source.data;
  }
  try {
    const raw = { width: 0, height: 0, channels: 3 as const };
    const image =
      source.kind === "rgb"
        ? sharp(source.data, { raw: { ...raw, width: source.width, height: source.height } })
        : // "truncated" is refused by each of sharp's levels but "none"; warnings are not the picture's fault.
          sharp(source.kind === "file" ? source.path : source.bytes, { failOn: "error" });
    const upright = image.autoOrient().flatten({ background: "#000000" }).toColourspace("srgb");
    const sized = sizePx === null ? upright : upright.resize(sizePx, sizePx, { fit: "fill", kernel: "lanczos3" });
    return await sized.raw({ depth: "uchar" }).toBuffer();
  } catch (cause) {
    throw await corrupt(source, cause);
  }
}

function checkRgbSize(source: Extract<ImageSource, { kind: "rgb" }>): void {
  const expected = source.width * source.height * 3;
  if (expected > 0 && source.data.length === expected) return;
  throw new DataError({
    code: "DATA_CORRUPT_IMAGE",
    message: "An image has the wrong number of bytes",
    expected: `${source.width} x ${source.height} x 3 = ${expected} bytes`,
    got: `${source.data.length} bytes`,
    where: nameOf(source),
  });
}

async function corrupt(source: ImageSource, cause: unknown): Promise<DataError> {
  const sizeBytes = await byteCount(source);
  const details = { where: nameOf(source), cause, expected: "a complete PNG, JPEG, WebP, GIF, TIFF or AVIF image" };
  if (sizeBytes === null) {
    return new DataError({
      ...details,
      code: "DATA_MISSING_IMAGE",
      message: "An image file is missing",
      got: "no file",
      fix: "Restore the file, or remove the records that use it.",
    });
  }
  return new DataError({
    ...details,
    code: sizeBytes === 0 ? "DATA_EMPTY_IMAGE" : "DATA_CORRUPT_IMAGE",
    message: sizeBytes === 0 ? "An image file is empty" : "An image cannot be decoded",
    got: sizeBytes === 0 ? "0 bytes" : `${sizeBytes} bytes that sharp refuses: ${firstLine(cause)}`,
    fix: 'Copy the file again from its source, or set onBadRecord to "skip".',
  });
}

async function byteCount(source: ImageSource): Promise<number | null> {
  if (source.kind === "rgb") return source.data.length;
  if (source.kind === "encoded") return source.bytes.length;
  try {
    return (await stat(source.path)).size;
  } catch {
    return null;
  }
}

function nameOf(source: ImageSource): string {
  const label = source.label ?? `an image given as ${source.kind === "rgb" ? "pixels" : "bytes"}`;
  if (source.kind !== "file") return label;
  return source.label === undefined ? source.path : `${source.path} (${source.label})`;
}

function firstLine(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).split("\n")[0] ?? "";
}
