import { between, type Defect, place } from "./defect.ts";
import { shaded } from "./shade.ts";

/** A round or oval spot with a soft edge, darker or brighter. Ours. */
export const spot: Defect = (input) => {
  const { image, rng, params } = input;
  const { width, height } = image;
  const center = place(input);
  const [radiusX, radiusY] = [0, 1].map(() => Math.exp(between(rng, Math.log(2), Math.log(width / 6)))) as [
    number,
    number,
  ];
  const angle = Math.PI * rng.uniform();
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const softness = between(rng, 0.1, 1);
  const opacity = between(rng, params.minOpacity, Math.max(params.minOpacity, 0.8));
  const strength = Float32Array.from({ length: width * height }, (_, at) => {
    const [dx, dy] = [(at % width) - center.x, Math.floor(at / width) - center.y];
    const distance = Math.hypot((dx * cos + dy * sin) / radiusX, (dy * cos - dx * sin) / radiusY);
    return opacity * Math.min(1, Math.max(0, (1 - distance) / softness));
  });
  return shaded(image, { strength, tone: rng.uniform() });
};
