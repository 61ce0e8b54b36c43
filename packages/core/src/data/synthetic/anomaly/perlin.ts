import type { Rng } from "../../../base/rng.ts";

export interface PerlinOptions {
  width: number;
  height: number;
  /** Lattice cells along each axis. */
  cellsX: number;
  cellsY: number;
  /** The lattice lies turned by this angle, in radians, about the middle of the picture. */
  angle: number;
}

/**
 * Perlin noise, row-major [height, width], about in [-1, 1]. Source: Perlin 1985; scaled by the root of 2 as DRAEM does.
 * DRAEM turns the finished picture and fills its corners with zeros; we turn the lattice, so that corners are noise too.
 */
export function perlinNoise(
  rng: Rng,
  { width, height, cellsX, cellsY, angle }: PerlinOptions,
): Float32Array<ArrayBuffer> {
  // Turned corners reach beyond the picture by the root of 2 at most.
  const [spanX, spanY] = [Math.ceil(cellsX * 1.5) + 2, Math.ceil(cellsY * 1.5) + 2];
  const gradientX = new Float32Array(spanX * spanY);
  const gradientY = new Float32Array(spanX * spanY);
  for (let at = 0; at < gradientX.length; at++) {
    const direction = 2 * Math.PI * rng.uniform();
    gradientX[at] = Math.cos(direction);
    gradientY[at] = Math.sin(direction);
  }
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const noise = new Float32Array(width * height);
  // Written out, without a closure for the corners: this loop is most of a batch's making.
  for (let y = 0; y < height; y++) {
    const v = (y + 0.5) / height - 0.5;
    for (let x = 0; x < width; x++) {
      const u = (x + 0.5) / width - 0.5;
      const px = (u * cos - v * sin) * cellsX + spanX / 2;
      const py = (u * sin + v * cos) * cellsY + spanY / 2;
      const column = Math.floor(px);
      const row = Math.floor(py);
      const dx = px - column;
      const dy = py - row;
      // The span covers every angle, so that neighbours are on the lattice without wrapping.
      const at = row * spanX + column;
      const below = at + spanX;
      const a = gradientX[at]! * dx + gradientY[at]! * dy;
      const b = gradientX[at + 1]! * (dx - 1) + gradientY[at + 1]! * dy;
      const c = gradientX[below]! * dx + gradientY[below]! * (dy - 1);
      const d = gradientX[below + 1]! * (dx - 1) + gradientY[below + 1]! * (dy - 1);
      const across = fade(dx);
      const top = a + across * (b - a);
      const bottom = c + across * (d - c);
      noise[y * width + x] = Math.SQRT2 * (top + fade(dy) * (bottom - top));
    }
  }
  return noise;
}

const fade = (t: number) => t * t * t * (t * (6 * t - 15) + 10);
