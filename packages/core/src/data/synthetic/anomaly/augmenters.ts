import type { Rng } from "../../../base/rng.ts";
import type { FloatImage } from "../anomaly.ts";

/** Changes a texture before it is laid over an image; values stay in [0, 1]. */
type Augmenter = (image: FloatImage, rng: Rng) => FloatImage;

const pixelwise =
  (rule: (rng: Rng, image: FloatImage) => (value: number) => number): Augmenter =>
  (image, rng) => {
    const change = rule(rng, image);
    return { ...image, data: image.data.map((value) => Math.min(1, Math.max(0, change(value)))) };
  };

const uniform = (rng: Rng, from: number, to: number) => from + (to - from) * rng.uniform();

/** After DRAEM's list; hue and affine changes of its source have no meaning for a grey texture and are mirrored turns here. */
export const augmenters = {
  gamma: pixelwise((rng) => {
    const gamma = Math.exp(uniform(rng, -0.7, 0.7));
    return (value) => value ** gamma;
  }),
  brightness: pixelwise((rng) => {
    const [factor, offset] = [uniform(rng, 0.8, 1.2), uniform(rng, -0.12, 0.12)];
    return (value) => value * factor + offset;
  }),
  contrast: pixelwise((rng, image) => {
    const factor = uniform(rng, 0.5, 2);
    const mean = image.data.reduce((sum, value) => sum + value, 0) / image.data.length;
    return (value) => mean + (value - mean) * factor;
  }),
  solarize: pixelwise((rng) => {
    const threshold = uniform(rng, 0.25, 0.75);
    return (value) => (value > threshold ? 1 - value : value);
  }),
  posterize: pixelwise((rng) => {
    const levels = 2 + rng.integer(6);
    return (value) => Math.round(value * (levels - 1)) / (levels - 1);
  }),
  invert: pixelwise(() => (value) => 1 - value),
  stretch: pixelwise((_, image) => {
    const low = image.data.reduce((least, value) => Math.min(least, value), 1);
    const high = image.data.reduce((most, value) => Math.max(most, value), 0);
    return (value) => (high > low ? (value - low) / (high - low) : value);
  }),
  noise: pixelwise((rng) => {
    const deviation = uniform(rng, 0.02, 0.1);
    return (value) => value + deviation * rng.normal();
  }),
  mirror: (image, rng) => mirrored(image, rng.uniform() < 0.5),
} satisfies Record<string, Augmenter>;

export type AugmenterName = keyof typeof augmenters;
export const augmenterNames = Object.keys(augmenters) as [AugmenterName, ...AugmenterName[]];

/** `count` different augmenters of those allowed, in a random order. */
export function augmented(
  image: FloatImage,
  rng: Rng,
  { allowed, count }: { allowed: readonly AugmenterName[]; count: number },
): FloatImage {
  const names = rng.shuffle([...allowed]).slice(0, count);
  return names.reduce((changed, name) => augmenters[name](changed, rng), image);
}

function mirrored(image: FloatImage, alongX: boolean): FloatImage {
  const { width, height, channels } = image;
  const data = new Float32Array(image.data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [fromX, fromY] = alongX ? [width - 1 - x, y] : [x, height - 1 - y];
      for (let c = 0; c < channels; c++)
        data[(y * width + x) * channels + c] = image.data[(fromY * width + fromX) * channels + c]!;
    }
  }
  return { ...image, data };
}
