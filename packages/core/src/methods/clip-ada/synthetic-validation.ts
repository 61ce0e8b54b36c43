// [node]
import { Rng } from "../../base/rng.ts";
import { decodeImages } from "../../data/images.ts";
import type { SynthesisParams } from "../../data/synthetic/anomaly/synthesis-params.ts";
import { type NormalImage, type NormalImages, normalImage } from "./normal-images.ts";
import { cutWindow, spoilt, toBytes } from "./training-window.ts";

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
 * they are scored, are spoilt there and then shrunk, so that a closer look finds detail that the whole image has lost.
 */
export async function validationImages(images: NormalImages, options: ValidationOptions): Promise<ValidationImage[]> {
  const { zoom, numImages } = options;
  const rng = Rng.fromSeed(options.seed).stream("synthetic-validation");
  const made: ValidationImage[] = [];
  for (const { name, images: normals } of images.categories) {
    for (let at = 0; at < numImages; at++) {
      const normal = normals[at % normals.length]!;
      const stream = rng.stream(`${name}/${at}`);
      const { pixels, mask } =
        at % 2 === 0
          ? { pixels: normal.pixels, mask: new Uint8Array(images.sizePx ** 2) }
          : spoiltWhole(normal, images, { ...options, rng: stream });
      const small = await shrunk(pixels, images, zoom);
      made.push({ ...small, category: name, mask: shrunkMask(mask, images.sizePx, zoom), large: pixels });
    }
  }
  return made;
}

/** One window of the image is spoilt as a training window is, and put back. */
function spoiltWhole(
  normal: NormalImage,
  images: NormalImages,
  { synthesis, windowPx, zoom, rng }: ValidationOptions & { rng: Rng },
): { pixels: Uint8Array; mask: Uint8Array } {
  const { sizePx, channels } = images;
  const side = Math.min(windowPx * zoom, sizePx);
  const cut = cutWindow(normal, images, {
    window: { cropPx: side, minZoom: 1, maxZoom: 1, flips: false },
    rng,
    whole: true,
  });
  const params = { ...synthesis, cleanShare: 0 };
  const { image, foreground } = cut;
  const made = spoilt(images, { image, foreground, synthesis: params, rng, scale: zoom });
  const pixels = normal.pixels.slice();
  const mask = new Uint8Array(sizePx * sizePx);
  const bytes = toBytes(made.image);
  for (let y = 0; y < side; y++) {
    const to = (cut.top + y) * sizePx + cut.left;
    pixels.set(bytes.subarray(y * side * channels, (y + 1) * side * channels), to * channels);
    mask.set(made.mask.subarray(y * side, (y + 1) * side), to);
  }
  return { pixels, mask };
}

/** The image as detection is given it: by the filter that pictures are decoded with, with its own brightness and thing. */
async function shrunk(pixels: Uint8Array, { sizePx, channels }: NormalImages, zoom: number): Promise<NormalImage> {
  const data = Uint8Array.from({ length: sizePx * sizePx * 3 }, (_, at) =>
    channels === 3 ? pixels[at]! : pixels[Math.floor(at / 3)]!,
  );
  const smallPx = sizePx / zoom;
  const rgb = await decodeImages([{ kind: "rgb", width: sizePx, height: sizePx, data }], { sizePx: smallPx });
  return normalImage(rgb, smallPx, channels);
}

/** 1 where at least half of a zoom x zoom block is. */
function shrunkMask(mask: Uint8Array, sizePx: number, zoom: number): Uint8Array<ArrayBuffer> {
  const smallPx = sizePx / zoom;
  const counts = new Uint16Array(smallPx * smallPx);
  for (let at = 0; at < mask.length; at++) {
    const [x, y] = [at % sizePx, Math.floor(at / sizePx)];
    counts[Math.floor(y / zoom) * smallPx + Math.floor(x / zoom)]! += mask[at]!;
  }
  return Uint8Array.from(counts, (count) => Number(count >= (zoom * zoom) / 2));
}
