// [node]
import { stat } from "node:fs/promises";
import sharp, { type Sharp } from "sharp";
import { DataError } from "../base/errors.ts";
import { forEachConcurrently } from "./concurrently.ts";
import type { ImageSource } from "./dataset.ts";
import { openImage } from "./open-image.ts";

export interface DecodeOptions {
  /** Width and height of the result. */
  sizePx: number;
  /** Width of the result where it differs from its height. */
  widthPx?: number;
  /** How images of another shape become square; default stretched by a Lanczos filter. */
  picture?: PictureOptions;
  signal?: AbortSignal;
}

/** What a model's own preprocessing does before it normalises. */
export interface PictureOptions {
  /** stretch to the square; pad to it with the background, as LLaVA does; crop its middle, as CLIP does. */
  fit: "stretch" | "pad" | "crop";
  kernel: "lanczos3" | "cubic";
  /** Red, green and blue of the padding, 0 to 255. */
  background: readonly [number, number, number];
}

const stretched: PictureOptions = { fit: "stretch", kernel: "lanczos3", background: [0, 0, 0] };

/**
 * Decodes images to 8-bit sRGB of one size: [N, sizePx, widthPx, 3], row-major. Transparency is laid on black.
 * @throws DataError naming the file (and its label) for a missing, empty, truncated or otherwise corrupt image.
 */
export async function decodeImages(
  sources: readonly ImageSource[],
  options: DecodeOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const { sizePx, widthPx = sizePx, picture = stretched } = options;
  const stride = sizePx * widthPx * 3;
  const out = new Uint8Array(sources.length * stride);
  await forEachConcurrently(sources, options.signal, async (source, index) => {
    out.set(await decodeImage(source, { sizePx, widthPx, picture }), index * stride);
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
    const { autoOrient } = await (await openImage(source)).metadata();
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

interface Target {
  sizePx: number;
  widthPx: number;
  picture: PictureOptions;
}

/** Without a target the image keeps its own size. */
async function decodeImage(source: ImageSource, target: Target | null): Promise<Uint8Array> {
  if (source.kind === "rgb") {
    checkRgbSize(source);
    if (target === null || (source.width === target.widthPx && source.height === target.sizePx)) return source.data;
  }
  try {
    const image = await openImage(source);
    const upright = image.autoOrient().flatten({ background: "#000000" }).toColourspace("srgb");
    const sized = target === null ? upright : await resized(upright, target);
    return await sized.raw({ depth: "uchar" }).toBuffer();
  } catch (cause) {
    throw await corrupt(source, cause);
  }
}

async function resized(image: Sharp, { sizePx, widthPx, picture }: Target): Promise<Sharp> {
  const { fit, kernel, background } = picture;
  if (fit !== "pad") return image.resize(widthPx, sizePx, { fit: fit === "crop" ? "cover" : "fill", kernel });
  // Padded before it is resized, as LLaVA does: the filter then mixes the border with the background.
  const { data, info } = await image.raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const side = Math.max(width, height);
  const [left, top] = [Math.floor((side - width) / 2), Math.floor((side - height) / 2)];
  const [r, g, b] = background;
  const square = await sharp(data, { raw: { width, height, channels: 3 } })
    .extend({ left, right: side - width - left, top, bottom: side - height - top, background: { r, g, b } })
    .raw()
    .toBuffer();
  return sharp(square, { raw: { width: side, height: side, channels: 3 } }).resize(widthPx, sizePx, {
    fit: "fill",
    kernel,
  });
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
  const details = {
    where: nameOf(source),
    cause,
    expected: "a complete PNG, JPEG, WebP, GIF, TIFF, BMP or AVIF image",
  };
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
