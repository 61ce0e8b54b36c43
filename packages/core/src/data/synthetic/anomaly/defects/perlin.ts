import { blend, thresholdMask } from "../../anomaly.ts";
import { perlinNoise } from "../perlin.ts";
import { between, type Defect } from "./defect.ts";
import { softEdged } from "./edge.ts";

/** Pixels of the smallest cell: that of DRAEM, 32 cells over 256 px. Smaller blots would be taken for the grain of a surface. */
const LEAST_CELL_PX = 8;

/** A texture in the blots where Perlin noise exceeds 0.5. Source: DRAEM (1, 2, 4, ... cells along each axis, any angle). */
export const perlin: Defect = (input) => {
  const { image, rng, params, foreground, scale } = input;
  const { width, height } = image;
  const cells = (side: number) =>
    2 ** rng.integer(1 + Math.floor(Math.log2(Math.max(1, side / (scale * LEAST_CELL_PX)))));
  const noise = perlinNoise(rng, {
    width,
    height,
    cellsX: cells(width),
    cellsY: cells(height),
    angle: between(rng, -Math.PI / 2, Math.PI / 2),
  });
  const { mask } = thresholdMask(noise, 0.5, foreground ?? undefined);
  const beta = 1 - between(rng, params.minOpacity, params.maxOpacity);
  const blot = blend({ image, source: input.texture(rng), mask: new Float32Array(mask), beta });
  return softEdged(input, { image: blot, mask });
};
