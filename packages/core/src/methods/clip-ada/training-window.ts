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

type CutParams = Pick<WindowParams, "cropPx" | "minZoom" | "maxZoom" | "flips">;

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

/** A random window of that image, cut, lit and then spoilt or not; `before`: as it is before a defect is laid over it. */
export function drawWindow(
  normal: NormalImage,
  images: NormalImages,
  { window, synthesis, rng }: WindowDraw,
): SyntheticAnomaly & { before: FloatImage } {
  // Nothing is drawn for a share of 0, so that streams stay what they were before there was a choice.
  const whole = window.wholeShare > 0 && rng.uniform() < window.wholeShare;
  const cut = cutWindow(normal, images, { window: whole ? { ...window, minZoom: 1, maxZoom: 1 } : window, rng, whole });
  light(cut.image, { most: window.light, rng });
  return { ...spoilt(images, { image: cut.image, foreground: cut.foreground, synthesis, rng }), before: cut.image };
}

/** Brightness times a plane through 1 in the window's middle that slopes by `most` at its edges: light is never anomalous. Changes the image. */
function light({ data, width, height, channels }: FloatImage, { most, rng }: { most: number; rng: Rng }): void {
  if (most === 0) return;
  const slope = () => (most * (2 * rng.uniform() - 1)) / width;
  const [slopeX, slopeY] = [slope(), slope()];
  for (let at = 0; at < data.length; at++) {
    const pixel = Math.floor(at / channels);
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    data[at] = Math.min(1, data[at]! * (1 + slopeX * (2 * x - width) + slopeY * (2 * y - height)));
  }
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

/** A random window of that size, or the image's own when it is as small. */
function windowOf(
  pixels: Uint8Array,
  { sizePx, channels }: NormalImages,
  { size, rng }: { size: { width: number; height: number }; rng: Rng },
): FloatImage {
  const left = rng.integer(Math.max(1, sizePx - size.width + 1));
  const top = rng.integer(Math.max(1, sizePx - size.height + 1));
  return resampled(pixels, {
    sizePx,
    channels,
    left,
    top,
    side: size.width,
    cropPx: size.width,
    mirrorX: false,
    mirrorY: false,
  });
}

/**
 * A random window, and where its top left corner is in the image; `whole`: at whole pixels, so that nothing is resampled at zoom 1.
 * @throws SpecError for a whole window that is larger than the image
 */
export function cutWindow(
  { pixels, foreground }: NormalImage,
  { sizePx, channels }: NormalImages,
  { window, rng, whole = false }: { window: CutParams; rng: Rng; whole?: boolean },
): { image: FloatImage; foreground: Uint8Array | null; left: number; top: number } {
  const { cropPx, minZoom, maxZoom, flips } = window;
  if (whole && cropPx > sizePx) throw tooLarge(cropPx, sizePx);
  const zoom = minZoom * (maxZoom / minZoom) ** rng.uniform();
  const side = Math.min(sizePx, cropPx / zoom);
  const [mirrorX, mirrorY] = [flips && rng.uniform() < 0.5, flips && rng.uniform() < 0.5];
  const place = { sizePx, side, cropPx, mirrorX, mirrorY };
  let [left, top] = [0, 0];
  let shown: Uint8Array | null = null;
  for (let tries = 0; tries < TRIES; tries++) {
    [left, top] = [rng.uniform() * (sizePx - side), rng.uniform() * (sizePx - side)];
    if (whole) [left, top] = [Math.round(left), Math.round(top)];
    if (!foreground) break;
    const covered = resampled(foreground, { ...place, left, top, channels: 1, factor: 1 }).data;
    shown = new Uint8Array(covered.length);
    let count = 0;
    for (let at = 0; at < covered.length; at++) {
      shown[at] = Number(covered[at]! >= 0.5);
      count += shown[at]!;
    }
    if (count >= LEAST_FOREGROUND * cropPx * cropPx) break;
  }
  return { image: resampled(pixels, { ...place, left, top, channels }), foreground: shown, left, top };
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

interface Resampling {
  sizePx: number;
  channels: number;
  left: number;
  top: number;
  /** Side of the window in the source. */
  side: number;
  cropPx: number;
  mirrorX: boolean;
  mirrorY: boolean;
  factor?: number;
}

/** A square window, bilinear, values divided by 255 (or times `factor`). */
function resampled(source: Uint8Array, at: Resampling): FloatImage {
  const { sizePx, channels, left, top, side, cropPx, mirrorX, mirrorY, factor = 1 / 255 } = at;
  const axis = (start: number, mirror: boolean) => {
    const [low, high, share] = [new Int32Array(cropPx), new Int32Array(cropPx), new Float32Array(cropPx)];
    for (let i = 0; i < cropPx; i++) {
      const position = start + ((mirror ? cropPx - 1 - i : i) + 0.5) * (side / cropPx) - 0.5;
      const inside = Math.min(sizePx - 1, Math.max(0, position));
      low[i] = Math.floor(inside);
      high[i] = Math.min(sizePx - 1, low[i]! + 1);
      share[i] = inside - low[i]!;
    }
    return { low, high, share };
  };
  const [columns, rows] = [axis(left, mirrorX), axis(top, mirrorY)];
  const data = new Float32Array(cropPx * cropPx * channels);
  let to = 0;
  for (let y = 0; y < cropPx; y++) {
    const [upperRow, lowerRow, down] = [rows.low[y]! * sizePx, rows.high[y]! * sizePx, rows.share[y]!];
    for (let x = 0; x < cropPx; x++) {
      const [near, far, across] = [columns.low[x]!, columns.high[x]!, columns.share[x]!];
      for (let c = 0; c < channels; c++) {
        const a = source[(upperRow + near) * channels + c]!;
        const b = source[(upperRow + far) * channels + c]!;
        const d = source[(lowerRow + near) * channels + c]!;
        const e = source[(lowerRow + far) * channels + c]!;
        const upper = a + (b - a) * across;
        data[to++] = (upper + (d + (e - d) * across - upper) * down) * factor;
      }
    }
  }
  return { data, width: cropPx, height: cropPx, channels };
}
