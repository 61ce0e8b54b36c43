import type { FloatImage } from "../../anomaly.ts";
import { grown } from "../dilation.ts";
import type { DefectInput } from "./defect.ts";

/**
 * What was pasted, its weight rising from its border inwards over some pixels: a lens softens what lies on a surface, while a pasted
 * border is as sharp as nothing in a photograph. How many pixels is drawn up to maxEdgePx.
 */
export function softEdged(
  { image: before, rng, params, scale }: DefectInput,
  { image, mask }: { image: FloatImage; mask: Uint8Array<ArrayBuffer> },
): { image: FloatImage; mask: Uint8Array<ArrayBuffer> } {
  const edgePx = params.maxEdgePx === 0 ? 0 : Math.round(scale * rng.integer(params.maxEdgePx + 1));
  if (edgePx === 0) return { image, mask };
  const { width, height, channels } = image;
  // In how many of the masks that are smaller by 0, 1, ... edgePx pixels a pixel lies.
  const depth = mask.slice();
  const outside = mask.map((inside) => 1 - inside);
  for (let radius = 1; radius <= edgePx; radius++) {
    const far = grown(outside, { width, height, radius });
    for (let at = 0; at < depth.length; at++) depth[at]! += 1 - far[at]!;
  }
  const data = image.data.map((value, at) => {
    const weight = depth[Math.floor(at / channels)]! / (edgePx + 1);
    return before.data[at]! + weight * (value - before.data[at]!);
  });
  return { image: { ...image, data }, mask };
}
