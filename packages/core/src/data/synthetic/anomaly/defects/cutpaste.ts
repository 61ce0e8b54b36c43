import { cutPaste } from "../../anomaly.ts";
import { between, type Defect, place } from "./defect.ts";
import { softEdged } from "./edge.ts";
import { jittered } from "./jitter.ts";

/** A rectangle, turned by quarters and moved elsewhere. Source: CutPaste; sides 0.3 to 3.3 of each other as there. */
export const cutpaste: Defect = (input) => {
  const { image, rng, params } = input;
  const area = between(rng, params.minPatchShare, params.maxPatchShare) * image.width * image.height;
  const aspect = Math.exp(between(rng, Math.log(0.3), Math.log(3.3)));
  const side = (length: number, most: number) => Math.min(most, Math.max(1, Math.round(length)));
  const width = side(Math.sqrt(area * aspect), image.width);
  const height = side(Math.sqrt(area / aspect), image.height);
  const target = place(input);
  const result = cutPaste(image, {
    source: { x: rng.integer(image.width - width + 1), y: rng.integer(image.height - height + 1), width, height },
    target: { x: target.x - Math.floor(width / 2), y: target.y - Math.floor(height / 2) },
    quarterTurns: rng.integer(4),
  });
  const patch = jittered(result.image, { mask: result.mask, rng, most: params.jitter });
  return softEdged(input, { image: patch, mask: result.mask });
};
