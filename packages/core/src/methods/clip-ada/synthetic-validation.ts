// [node]
import { Rng } from "../../base/rng.ts";
import { decodeImages } from "../../data/images.ts";
import type { SynthesisParams } from "../../data/synthetic/anomaly/synthesis-params.ts";
import { type NormalImage, type NormalImages, normalImage } from "./normal-images.ts";
import { cutSquare, randomSquare, spoilt, toBytes } from "./training-window.ts";

/** A held-out normal image, half of them spoilt, and where; everything at the size at which images are scored. */
export interface ValidationImage extends NormalImage {
  category: string;
  /** 1 where anomalous, [sizePx, sizePx]; all 0 for an image that stayed normal. */
  mask: Uint8Array<ArrayBuffer>;
  /** The same image zoom times as large, for a closer look: 8 bits, [sizePx · zoom, sizePx · zoom, channels]. */
  large: Uint8Array;
}

export interface ValidationOptions {
  synthesis: SynthesisParams;
  /** Side of the window that is spoilt, as in training, so that defects are as large as there. */
  windowPx: number;
  /** How many times as large as they are scored the images are given, and spoilt. */
  zoom: number;
  /** Images of each category at most, in turn normal and spoilt. */
  numImages: number;
  seed: number;
}

/**
 * Whole images with synthetic anomalies: what choices are made on, since no test picture may be. `images` are zoom times as large as
 * they are scored. Each is spoilt at its own size, or that one where it is larger, and brought to both sizes like any picture, so that a
 * closer look finds in a defect as much detail as in the picture around it, and no more.
 */
export async function validationImages(images: NormalImages, options: ValidationOptions): Promise<ValidationImage[]> {
  const { zoom, numImages } = options;
  const rng = Rng.fromSeed(options.seed).stream("synthetic-validation");
  const smallPx = images.sizePx / zoom;
  const made: ValidationImage[] = [];
  for (const { name, images: normals } of images.categories) {
    for (let at = 0; at < numImages; at++) {
      const normal = normals[at % normals.length]!;
      const stream = rng.stream(`${name}/${at}`);
      const sidePx = Math.max(smallPx, Math.min(normal.ownPx, images.sizePx));
      const own = await brought(normal.pixels, images, { from: images.sizePx, to: sidePx });
      const { pixels, mask } =
        at % 2 === 0
          ? { pixels: own, mask: new Uint8Array(sidePx ** 2) }
          : spoiltWhole(normalOf(own, sidePx, images.channels), images, { ...options, sidePx, rng: stream });
      const small = await brought(pixels, images, { from: sidePx, to: smallPx });
      const large = await brought(pixels, images, { from: sidePx, to: images.sizePx });
      made.push({
        ...normalOf(small, smallPx, images.channels),
        category: name,
        mask: shrunkMask(mask, sidePx, smallPx),
        large,
      });
    }
  }
  return made;
}

/** One window of the image is spoilt as a training window is, and put back. */
function spoiltWhole(
  normal: NormalImage,
  images: NormalImages,
  { synthesis, windowPx, zoom, sidePx, rng }: ValidationOptions & { sidePx: number; rng: Rng },
): { pixels: Uint8Array; mask: Uint8Array } {
  const { channels } = images;
  const scale = (sidePx * zoom) / images.sizePx;
  const windowSide = Math.min(Math.round(windowPx * scale), sidePx);
  const square = randomSquare(normal, sidePx, { sidePx: windowSide, rng });
  const params = { ...synthesis, cleanShare: 0 };
  const made = spoilt(images, {
    ...cutSquare(normal, { sizePx: sidePx, channels }, square),
    synthesis: params,
    rng,
    scale,
  });
  const pixels = normal.pixels.slice();
  const mask = new Uint8Array(sidePx * sidePx);
  const bytes = toBytes(made.image);
  for (let y = 0; y < windowSide; y++) {
    const to = (square.top + y) * sidePx + square.left;
    pixels.set(bytes.subarray(y * windowSide * channels, (y + 1) * windowSide * channels), to * channels);
    mask.set(made.mask.subarray(y * windowSide, (y + 1) * windowSide), to);
  }
  return { pixels, mask };
}

/** Pixels of one size brought to another by the filter that pictures are decoded with. */
async function brought(
  pixels: Uint8Array,
  { channels }: NormalImages,
  { from, to }: { from: number; to: number },
): Promise<Uint8Array> {
  if (from === to) return pixels;
  const rgb = await decodeImages([{ kind: "rgb", width: from, height: from, data: rgbOf(pixels, channels) }], {
    sizePx: to,
  });
  return normalImage(rgb, to, channels, false).pixels;
}

/** With its own brightness and thing. */
function normalOf(pixels: Uint8Array, sizePx: number, channels: 1 | 3): NormalImage {
  return normalImage(rgbOf(pixels, channels), sizePx, channels);
}

function rgbOf(pixels: Uint8Array, channels: 1 | 3): Uint8Array {
  return channels === 3
    ? pixels
    : Uint8Array.from({ length: pixels.length * 3 }, (_, at) => pixels[Math.floor(at / 3)]!);
}

/** 1 where at least half of the pixels that fall there are. */
function shrunkMask(mask: Uint8Array, sidePx: number, smallPx: number): Uint8Array<ArrayBuffer> {
  const inside = new Uint32Array(smallPx * smallPx);
  const all = new Uint32Array(smallPx * smallPx);
  for (let at = 0; at < mask.length; at++) {
    const [x, y] = [at % sidePx, Math.floor(at / sidePx)];
    const to = Math.floor(((y + 0.5) * smallPx) / sidePx) * smallPx + Math.floor(((x + 0.5) * smallPx) / sidePx);
    inside[to]! += mask[at]!;
    all[to]!++;
  }
  return Uint8Array.from(inside, (count, at) => Number(2 * count >= all[at]!));
}
