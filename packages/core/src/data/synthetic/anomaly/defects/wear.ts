import type { FloatImage } from "../../anomaly.ts";
import { perlinNoise } from "../perlin.ts";
import { between, type Defect } from "./defect.ts";
import { contrast } from "./shade.ts";

/**
 * A blot with a soft edge in which the surface's own texture gets smoother or rougher and, faintly, darker or brighter: worn or
 * unevenly worked. Nothing foreign is laid over it. Ours.
 */
export const wear: Defect = (input) => {
  const { image, rng, foreground, scale } = input;
  const { width, height, channels } = image;
  const noise = perlinNoise(rng, {
    width,
    height,
    cellsX: 2 ** rng.integer(4),
    cellsY: 2 ** rng.integer(4),
    angle: between(rng, -Math.PI / 2, Math.PI / 2),
  });
  const threshold = between(rng, 0.35, 0.65);
  const softness = between(rng, 0.02, 0.3);
  const gain = rng.uniform() < 0.5 ? between(rng, 0, 0.5) : between(rng, 1.8, 3.5);
  const shift = between(rng, 0, 0.6) * contrast(input);
  const smooth = boxMeans(image, Math.round(scale * (1 + rng.integer(5))));
  const data = image.data.slice();
  const mask = new Uint8Array(width * height);
  for (let at = 0; at < mask.length; at++) {
    const strength = foreground?.[at] === 0 ? 0 : Math.min(1, Math.max(0, (noise[at]! - threshold) / softness));
    if (strength === 0) continue;
    mask[at] = 1;
    for (let c = at * channels; c < (at + 1) * channels; c++) {
      const worn = smooth[c]! + gain * (data[c]! - smooth[c]!) + shift;
      data[c] = Math.min(1, Math.max(0, data[c]! + strength * (worn - data[c]!)));
    }
  }
  return { image: { ...image, data }, mask };
};

/** Means over squares of side 2 radius + 1, borders repeated: along rows, then along columns. */
function boxMeans({ data, width, height, channels }: FloatImage, radius: number): Float32Array {
  const along = (source: Float32Array, size: number, stride: number, starts: number[]) => {
    const out = new Float32Array(source.length);
    const clamped = (at: number) => Math.min(size - 1, Math.max(0, at)) * stride;
    for (const start of starts) {
      let sum = 0;
      for (let at = -radius; at <= radius; at++) sum += source[start + clamped(at)]!;
      for (let at = 0; at < size; at++) {
        out[start + at * stride] = sum / (2 * radius + 1);
        sum += source[start + clamped(at + radius + 1)]! - source[start + clamped(at - radius)]!;
      }
    }
    return out;
  };
  const rows = Array.from({ length: height * channels }, (_, at) => {
    return Math.floor(at / channels) * width * channels + (at % channels);
  });
  const columns = Array.from({ length: width * channels }, (_, at) => at);
  return along(along(data, width, channels, rows), height, width * channels, columns);
}
