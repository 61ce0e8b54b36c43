import { blend, thresholdMask } from "../../anomaly.ts";
import { perlinNoise } from "../perlin.ts";
import { between, type Defect } from "./defect.ts";

/** A texture in the blots where Perlin noise exceeds 0.5. Source: DRAEM (cells 2^0..2^5 along each axis, any angle). */
export const perlin: Defect = (input) => {
  const { image, rng, params, foreground } = input;
  const { width, height } = image;
  const noise = perlinNoise(rng, {
    width,
    height,
    cellsX: 2 ** rng.integer(6),
    cellsY: 2 ** rng.integer(6),
    angle: between(rng, -Math.PI / 2, Math.PI / 2),
  });
  const { mask } = thresholdMask(noise, 0.5, foreground ?? undefined);
  const beta = 1 - between(rng, params.minOpacity, params.maxOpacity);
  return { image: blend({ image, source: input.texture(rng), mask: new Float32Array(mask), beta }), mask };
};
