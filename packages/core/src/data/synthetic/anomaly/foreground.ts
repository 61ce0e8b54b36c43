import { grown } from "./dilation.ts";

/** The threshold that parts values in [0, 1] best, and how well: between-class over total variance. Source: Otsu 1979. */
export function otsu(values: Float32Array): { threshold: number; separability: number } {
  const counts = new Float64Array(256);
  for (const value of values) counts[Math.min(255, Math.max(0, Math.floor(value * 256)))]!++;
  const total = values.length;
  let sum = 0;
  let sumSquares = 0;
  counts.forEach((count, bin) => {
    sum += count * bin;
    sumSquares += count * bin * bin;
  });
  const variance = sumSquares / total - (sum / total) ** 2;
  let best = { threshold: 0.5, between: 0 };
  let below = 0;
  let sumBelow = 0;
  counts.forEach((count, bin) => {
    below += count;
    sumBelow += count * bin;
    if (below === 0 || below === total) return;
    const distance = sumBelow / below - (sum - sumBelow) / (total - below);
    const between = (below / total) * (1 - below / total) * distance ** 2;
    if (between > best.between) best = { threshold: (bin + 1) / 256, between };
  });
  return { threshold: best.threshold, separability: variance > 0 ? best.between / variance : 0 };
}

/** Below this, brightness does not fall into two classes and the thing fills the picture. */
const LOWEST_SEPARABILITY = 0.65;
/** Share of the border that must be background before we believe that a thing lies on one. */
const LOWEST_BORDER_SHARE = 0.9;

/**
 * Where the thing itself is, 1 or 0 row-major: Otsu's two classes, the background being the one along the border, grown by
 * `growPx`. null: the picture shows no thing on a background (a texture fills it). `grey` [height, width] in [0, 1].
 * The criteria for "no background" are ours.
 */
export function foregroundMask(
  grey: Float32Array,
  { width, height, growPx }: { width: number; height: number; growPx: number },
): Uint8Array<ArrayBuffer> | null {
  const { threshold, separability } = otsu(grey);
  if (separability < LOWEST_SEPARABILITY) return null;
  const border = borderOf(width, height);
  const bright = border.reduce((count, at) => count + Number(grey[at]! >= threshold), 0) / border.length;
  if (Math.max(bright, 1 - bright) < LOWEST_BORDER_SHARE) return null;
  const isBright = bright < 0.5;
  const mask = Uint8Array.from(grey, (value) => Number(value >= threshold === isBright));
  return grown(mask, { width, height, radius: growPx });
}

function borderOf(width: number, height: number): number[] {
  const border: number[] = [];
  for (let x = 0; x < width; x++) border.push(x, (height - 1) * width + x);
  for (let y = 1; y < height - 1; y++) border.push(y * width, y * width + width - 1);
  return border;
}
