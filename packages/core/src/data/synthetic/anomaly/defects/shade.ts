import type { FloatImage } from "../../anomaly.ts";
import { between, type DefectInput } from "./defect.ts";

/** Deviations below this are taken as this: an even picture has defects too. Brightness in [0, 1]. */
const LEAST_DEVIATION = 0.02;

/**
 * A change of brightness, darker as often as brighter, in proportion to how much the picture itself varies: the same spot is as
 * plain on a dim picture as on a bright one. Small changes are as likely as large ones (log-uniform).
 */
export function contrast({ image: { data }, rng, params: { minContrast, maxContrast } }: DefectInput): number {
  let [sum, sumSquares] = [0, 0];
  for (const value of data) {
    sum += value;
    sumSquares += value * value;
  }
  const mean = sum / data.length;
  const deviation = Math.sqrt(Math.max(0, sumSquares / data.length - mean * mean));
  const sign = rng.uniform() < 0.5 ? -1 : 1;
  const factor = Math.exp(between(rng, Math.log(minContrast), Math.log(maxContrast)));
  return sign * factor * Math.max(LEAST_DEVIATION, deviation);
}

/**
 * Makes the image brighter by `change`, as much of it as `strength` [height, width] in [0, 1] says, on the foreground only; the mask
 * is where something was done.
 */
export function shaded(
  { image, foreground }: DefectInput,
  { strength, change }: { strength: Float32Array; change: number },
): { image: FloatImage; mask: Uint8Array<ArrayBuffer> } {
  const { channels } = image;
  const data = image.data.slice();
  const mask = new Uint8Array(strength.length);
  for (let at = 0; at < strength.length; at++) {
    if (strength[at] === 0 || foreground?.[at] === 0) continue;
    mask[at] = 1;
    for (let c = at * channels; c < (at + 1) * channels; c++) {
      data[c] = Math.min(1, Math.max(0, data[c]! + change * strength[at]!));
    }
  }
  return { image: { ...image, data }, mask };
}
