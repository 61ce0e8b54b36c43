import { SpecError } from "../../base/errors.ts";
import type { Rng } from "../../base/rng.ts";
import { type SyntheticAnomaly, synthesize } from "../../data/synthetic/anomaly/synthesis.ts";
import type { SynthesisParams } from "../../data/synthetic/anomaly/synthesis-params.ts";
import type { FloatImage } from "../../data/synthetic/anomaly.ts";
import type { NormalImage, NormalImages } from "./normal-images.ts";
import type { WindowParams } from "./window-params.ts";

export interface TrainingSample {
  /** 8 bits, [cropPx, cropPx, channels]. */
  pixels: Uint8Array;
  /** Of the whole image. */
  brightness: readonly [number, number];
  /** 1 where anomalous, [cropPx, cropPx]. */
  mask: Uint8Array;
}

/** A window on a thing shows at least this share of it; it is drawn again so often. */
const LEAST_FOREGROUND = 0.02;
const TRIES = 4;

export interface WindowDraw {
  window: WindowParams;
  synthesis: SynthesisParams;
  rng: Rng;
}

/** A random window of a random image, spoilt or not. Depends on the images and the stream alone. */
export function sampleWindow(images: NormalImages, draw: WindowDraw): TrainingSample {
  const normal = images.pick(draw.rng, draw.window.pictures);
  const { image, mask } = drawWindow(normal, images, draw);
  return { pixels: toBytes(image), brightness: normal.brightness, mask };
}

/**
 * A random window of that image, cut at whole pixels, spoilt or not, and only then enlarged, mirrored and lit: what is laid over a
 * picture goes through the same resampling as the picture, so that being sharper or softer than it gives no defect away. `before`: as it
 * is without the defect.
 */
export function drawWindow(
  normal: NormalImage,
  images: NormalImages,
  { window, synthesis, rng }: WindowDraw,
): SyntheticAnomaly & { before: FloatImage } {
  const placed = place(normal, images, { window, rng });
  const square = cutSquare(normal, images, placed);
  const made = spoilt(images, { ...square, synthesis, rng });
  const slope = slopeOfLight(window.light, rng);
  const shown = (image: FloatImage) => lit(resampled(image, placed), slope);
  const mask: FloatImage = { ...made.image, data: Float32Array.from(made.mask), channels: 1 };
  return {
    image: shown(made.image),
    mask: Uint8Array.from(resampled(mask, placed).data, (share) => Number(share >= 0.5)),
    kinds: made.kinds,
    before: shown(square.image),
  };
}

/** What brightness changes by from a window's middle to its edges, as a share: right and down; light is never anomalous. */
type Slope = readonly [number, number];

function slopeOfLight(most: number, rng: Rng): Slope {
  return most === 0 ? [0, 0] : [most * (2 * rng.uniform() - 1), most * (2 * rng.uniform() - 1)];
}

/** Brightness times a plane through 1 in the window's middle. */
function lit(image: FloatImage, [slopeX, slopeY]: Slope): FloatImage {
  const { width, height, channels } = image;
  const data = image.data.map((value, at) => {
    const pixel = Math.floor(at / channels);
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    return Math.min(1, value * (1 + slopeX * ((2 * x) / width - 1) + slopeY * ((2 * y) / height - 1)));
  });
  return { ...image, data };
}

/** 8 bits from [0, 1]. */
export function toBytes({ data }: FloatImage): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(data.length);
  for (let at = 0; at < data.length; at++) bytes[at] = Math.round(Math.min(1, Math.max(0, data[at]!)) * 255);
  return bytes;
}

/** Anomalies over an image, textures taken from other training images and from the texture folder. */
export function spoilt(
  images: NormalImages,
  at: { image: FloatImage; foreground: Uint8Array | null; synthesis: SynthesisParams; rng: Rng; scale?: number },
): SyntheticAnomaly {
  const { image, foreground, synthesis, rng, scale } = at;
  return synthesize({
    image,
    params: synthesis,
    rng,
    scale,
    foreground,
    textures: {
      training: (stream) => windowOf(images.pick(stream, "categories").pixels, images, { size: image, rng: stream }),
      ...(images.textures.length > 0 && {
        folder: (stream: Rng) => windowOf(stream.pick(images.textures), images, { size: image, rng: stream }),
      }),
    },
  });
}

/** A random square of that size, as sharp as the picture. */
function windowOf(pixels: Uint8Array, images: NormalImages, { size, rng }: { size: FloatImage; rng: Rng }): FloatImage {
  const most = Math.max(1, images.sizePx - size.width + 1);
  return cut(pixels, images, { left: rng.integer(most), top: rng.integer(most), sidePx: size.width });
}

type PictureSize = Pick<NormalImages, "sizePx" | "channels">;

/** A square of whole pixels. */
export interface Square {
  left: number;
  top: number;
  sidePx: number;
}

/** A square anywhere in the image, drawn again for an image of a thing until it shows some of it. */
export function randomSquare(
  { foreground }: NormalImage,
  sizePx: number,
  { sidePx, rng }: { sidePx: number; rng: Rng },
): Square {
  const most = sizePx - sidePx + 1;
  let square = { left: 0, top: 0, sidePx };
  for (let tries = 0; tries < TRIES; tries++) {
    square = { left: rng.integer(most), top: rng.integer(most), sidePx };
    if (!foreground) break;
    const count = cropped(foreground, { ...square, sizePx, channels: 1 }).reduce((sum, inside) => sum + inside, 0);
    if (count >= LEAST_FOREGROUND * sidePx * sidePx) break;
  }
  return square;
}

/** The image there, and where its thing is; values in [0, 1]. */
export function cutSquare(
  { pixels, foreground }: NormalImage,
  picture: PictureSize,
  square: Square,
): { image: FloatImage; foreground: Uint8Array | null } {
  const shown = foreground && cropped(foreground, { ...square, sizePx: picture.sizePx, channels: 1 });
  return { image: cut(pixels, picture, square), foreground: shown };
}

function cut(pixels: Uint8Array, { sizePx, channels }: PictureSize, square: Square): FloatImage {
  const bytes = cropped(pixels, { ...square, sizePx, channels });
  const data = Float32Array.from(bytes, (value) => value / 255);
  return { data, width: square.sidePx, height: square.sidePx, channels };
}

function cropped(
  source: Uint8Array,
  { left, top, sidePx, sizePx, channels }: Square & { sizePx: number; channels: number },
): Uint8Array {
  const out = new Uint8Array(sidePx * sidePx * channels);
  for (let y = 0; y < sidePx; y++) {
    const from = ((top + y) * sizePx + left) * channels;
    out.set(source.subarray(from, from + sidePx * channels), y * sidePx * channels);
  }
  return out;
}

/** A square of a picture, and what part of it a window shows at which size. */
interface Placement extends Square {
  /** Left and upper edge of the part shown and its side, in pixels of the square, fractions too. */
  offsetX: number;
  offsetY: number;
  side: number;
  /** Side of the window. */
  cropPx: number;
  mirrorX: boolean;
  mirrorY: boolean;
}

/** @throws SpecError for a whole window that is larger than the image */
function place(
  normal: NormalImage,
  images: NormalImages,
  { window, rng }: { window: WindowParams; rng: Rng },
): Placement {
  const { sizePx } = images;
  const { cropPx, minZoom, maxZoom, flips, wholeShare } = window;
  const whole = rng.uniform() < wholeShare;
  if (whole && cropPx > sizePx) throw tooLarge(cropPx, sizePx);
  const zoom = whole ? 1 : minZoom * (maxZoom / minZoom) ** rng.uniform();
  const side = Math.min(sizePx, cropPx / zoom);
  const sidePx = whole ? cropPx : Math.min(sizePx, Math.ceil(side) + 1);
  const square = randomSquare(normal, sizePx, { sidePx, rng });
  const offset = () => rng.uniform() * (sidePx - side);
  const [offsetX, offsetY] = [offset(), offset()];
  const [mirrorX, mirrorY] = [flips && rng.uniform() < 0.5, flips && rng.uniform() < 0.5];
  return { ...square, offsetX, offsetY, side, cropPx, mirrorX, mirrorY };
}

function tooLarge(cropPx: number, sizePx: number): SpecError {
  return new SpecError({
    code: "WINDOW_SIZE",
    message: "A window that is not resampled is larger than the image it is cut from",
    expected: `cropPx of at most ${sizePx}`,
    got: String(cropPx),
    where: "window.cropPx",
    fix: "Make window.cropPx smaller or detection.sizePx larger, or set window.wholeShare to 0.",
  });
}

/** The part of a square that is shown, bilinear. */
function resampled({ data: source, width, channels }: FloatImage, at: Placement): FloatImage {
  const { offsetX, offsetY, side, cropPx, mirrorX, mirrorY } = at;
  const axis = (start: number, mirror: boolean) => {
    const [low, high, share] = [new Int32Array(cropPx), new Int32Array(cropPx), new Float32Array(cropPx)];
    for (let i = 0; i < cropPx; i++) {
      const position = start + ((mirror ? cropPx - 1 - i : i) + 0.5) * (side / cropPx) - 0.5;
      const inside = Math.min(width - 1, Math.max(0, position));
      low[i] = Math.floor(inside);
      high[i] = Math.min(width - 1, low[i]! + 1);
      share[i] = inside - low[i]!;
    }
    return { low, high, share };
  };
  const [columns, rows] = [axis(offsetX, mirrorX), axis(offsetY, mirrorY)];
  const data = new Float32Array(cropPx * cropPx * channels);
  let to = 0;
  for (let y = 0; y < cropPx; y++) {
    const [upperRow, lowerRow, down] = [rows.low[y]! * width, rows.high[y]! * width, rows.share[y]!];
    for (let x = 0; x < cropPx; x++) {
      const [near, far, across] = [columns.low[x]!, columns.high[x]!, columns.share[x]!];
      for (let c = 0; c < channels; c++) {
        const a = source[(upperRow + near) * channels + c]!;
        const b = source[(upperRow + far) * channels + c]!;
        const d = source[(lowerRow + near) * channels + c]!;
        const e = source[(lowerRow + far) * channels + c]!;
        const upper = a + (b - a) * across;
        data[to++] = upper + (d + (e - d) * across - upper) * down;
      }
    }
  }
  return { data, width: cropPx, height: cropPx, channels };
}
