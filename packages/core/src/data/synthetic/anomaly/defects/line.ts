import { between, type Defect, place } from "./defect.ts";
import { shaded } from "./shade.ts";

/** A thin stroke that wanders, darker or brighter: a crack or a scratch. Ours. */
export const line: Defect = (input) => {
  const { image, rng, params } = input;
  const { width, height } = image;
  let { x, y } = place(input);
  const thickness = between(rng, 0.6, 2);
  const opacity = between(rng, params.minOpacity, params.maxOpacity);
  const wander = between(rng, 0, 0.35);
  let direction = 2 * Math.PI * rng.uniform();
  const strength = new Float32Array(width * height);
  for (let left = between(rng, 12, 0.8 * width); left > 0; left--) {
    for (let row = Math.floor(y - thickness); row <= y + thickness + 1; row++) {
      for (let column = Math.floor(x - thickness); column <= x + thickness + 1; column++) {
        if (row < 0 || column < 0 || row >= height || column >= width) continue;
        const cover = Math.min(1, Math.max(0, thickness + 0.5 - Math.hypot(column - x, row - y)));
        const at = row * width + column;
        strength[at] = Math.max(strength[at]!, opacity * cover);
      }
    }
    direction += wander * rng.normal();
    x += Math.cos(direction);
    y += Math.sin(direction);
  }
  return shaded(image, { strength, tone: rng.uniform() });
};
