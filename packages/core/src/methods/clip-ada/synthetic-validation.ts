// [node]
import { Rng } from "../../base/rng.ts";
import type { SynthesisParams } from "../../data/synthetic/anomaly/synthesis-params.ts";
import type { FloatImage } from "../../data/synthetic/anomaly.ts";
import type { NormalImage, NormalImages } from "./normal-images.ts";
import { cutWindow, spoilt, toBytes } from "./training-window.ts";

/** A held-out normal image, half of them spoilt, and where. */
export interface ValidationImage extends NormalImage {
  category: string;
  /** 1 where anomalous, [sizePx, sizePx]; all 0 for an image that stayed normal. */
  mask: Uint8Array<ArrayBuffer>;
}

export interface ValidationOptions {
  synthesis: SynthesisParams;
  /** Side of the window that is spoilt, as in training, so that defects are as large as there. */
  windowPx: number;
  /** Images of each category at most, in turn normal and spoilt. */
  numImages: number;
  seed: number;
}

/** Whole images with synthetic anomalies: what choices are made on, since no test picture may be. */
export function validationImages(images: NormalImages, options: ValidationOptions): ValidationImage[] {
  const rng = Rng.fromSeed(options.seed).stream("synthetic-validation");
  return images.categories.flatMap(({ name, images: normals }) =>
    Array.from({ length: options.numImages }, (_, at) => {
      const normal = normals[at % normals.length]!;
      const stream = rng.stream(`${name}/${at}`);
      return at % 2 === 0
        ? { ...normal, category: name, mask: new Uint8Array(images.sizePx ** 2) }
        : { category: name, ...spoiltWhole(normal, images, { ...options, rng: stream }) };
    }),
  );
}

/** One window of the image is spoilt as a training window is, and put back. */
function spoiltWhole(
  normal: NormalImage,
  images: NormalImages,
  { synthesis, windowPx, rng }: ValidationOptions & { rng: Rng },
): NormalImage & { mask: Uint8Array<ArrayBuffer> } {
  const { sizePx, channels } = images;
  const side = Math.min(windowPx, sizePx);
  const cut = cutWindow(normal, images, {
    window: { cropPx: side, minZoom: 1, maxZoom: 1, flips: false },
    rng,
    whole: true,
  });
  const params = { ...synthesis, cleanShare: 0 };
  const made = spoilt(images, { image: cut.image, foreground: cut.foreground, synthesis: params, rng });
  const pixels = normal.pixels.slice();
  const mask = new Uint8Array(sizePx * sizePx);
  const bytes = toBytes(made.image as FloatImage);
  for (let y = 0; y < side; y++) {
    const to = (cut.top + y) * sizePx + cut.left;
    pixels.set(bytes.subarray(y * side * channels, (y + 1) * side * channels), to * channels);
    mask.set(made.mask.subarray(y * side, (y + 1) * side), to);
  }
  return { ...normal, pixels, mask };
}
