import { between, type Defect, place } from "./defect.ts";
import { contrast, shaded } from "./shade.ts";

/** A thin stroke that wanders, darker or brighter: a crack or a scratch. Ours. */
export const line: Defect = (input) => {
  const { image, rng, scale } = input;
  const { width, height } = image;
  let { x, y } = place(input);
  const halfWidth = scale * Math.exp(between(rng, Math.log(0.4), Math.log(2)));
  // A step is a pixel: over so many times as many of them a stroke turns as far as it does at its own size.
  const wander = between(rng, 0, 0.35) / Math.sqrt(scale);
  let direction = 2 * Math.PI * rng.uniform();
  const strength = new Float32Array(width * height);
  for (let left = between(rng, 12 * scale, 0.8 * width); left > 0; left--) {
    for (let row = Math.floor(y - halfWidth); row <= y + halfWidth + 1; row++) {
      for (let column = Math.floor(x - halfWidth); column <= x + halfWidth + 1; column++) {
        if (row < 0 || column < 0 || row >= height || column >= width) continue;
        const cover = Math.min(1, Math.max(0, halfWidth + 0.5 - Math.hypot(column - x, row - y)));
        const at = row * width + column;
        strength[at] = Math.max(strength[at]!, cover);
      }
    }
    direction += wander * rng.normal();
    x += Math.cos(direction);
    y += Math.sin(direction);
  }
  return shaded(input, { strength, change: contrast(input) });
};
