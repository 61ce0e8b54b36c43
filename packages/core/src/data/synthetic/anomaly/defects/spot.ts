import { between, type Defect, place } from "./defect.ts";
import { contrast, shaded } from "./shade.ts";

/** A round or oval spot with a soft edge, darker or brighter. Ours. */
export const spot: Defect = (input) => {
  const { image, rng, scale } = input;
  const { width, height } = image;
  const center = place(input);
  const radius = () => Math.exp(between(rng, Math.log(2 * scale), Math.log(width / 6)));
  const [radiusX, radiusY] = [radius(), radius()];
  const angle = Math.PI * rng.uniform();
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const softness = between(rng, 0.1, 1);
  const reach = Math.ceil(Math.max(radiusX, radiusY));
  const strength = new Float32Array(width * height);
  for (let y = Math.max(0, center.y - reach); y <= Math.min(height - 1, center.y + reach); y++) {
    for (let x = Math.max(0, center.x - reach); x <= Math.min(width - 1, center.x + reach); x++) {
      const [dx, dy] = [x - center.x, y - center.y];
      const distance = Math.hypot((dx * cos + dy * sin) / radiusX, (dy * cos - dx * sin) / radiusY);
      strength[y * width + x] = Math.min(1, Math.max(0, (1 - distance) / softness));
    }
  }
  return shaded(input, { strength, change: contrast(input) });
};
