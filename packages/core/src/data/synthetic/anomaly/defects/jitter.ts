import type { Rng } from "../../../../base/rng.ts";
import type { FloatImage } from "../../anomaly.ts";
import { between } from "./defect.ts";

/** The image with its brightness inside the mask multiplied by one factor in 1 ± most. Changes the image given. */
export function jittered(
  image: FloatImage,
  { mask, rng, most }: { mask: Uint8Array; rng: Rng; most: number },
): FloatImage {
  const factor = 1 + between(rng, -most, most);
  const { data, channels } = image;
  for (let at = 0; at < mask.length; at++) {
    if (mask[at] === 0) continue;
    for (let c = 0; c < channels; c++) data[at * channels + c] = Math.min(1, data[at * channels + c]! * factor);
  }
  return image;
}
