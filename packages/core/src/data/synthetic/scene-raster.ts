import type { Background, Scene, SceneObject } from "./scene.ts";
import type { SceneShape } from "./scenes.ts";

/** Samples per pixel along each axis. */
const SUBPIXELS = 4;
const OFFSETS = Array.from({ length: SUBPIXELS }, (_, index) => (index + 0.5) / SUBPIXELS);

/**
 * Whether a point lies in a shape, in the shape's own frame: centre at 0, enclosing circle of radius 1, y downwards.
 * Only + - * and comparisons, so that the pixels are the same on every platform.
 */
const CONTAINS: Record<SceneShape, (x: number, y: number) => boolean> = {
  circle: (x, y) => x * x + y * y <= 0.85,
  square: (x, y) => x >= -0.7 && x <= 0.7 && y >= -0.7 && y <= 0.7,
  // Equilateral, one corner up: below both flanks, above the base at y = 1/2.
  triangle: (x, y) => y <= 0.5 && 1.7320508 * x - y <= 1 && -1.7320508 * x - y <= 1,
  cross: (x, y) => (x * x <= 0.09 && y * y <= 0.9) || (y * y <= 0.09 && x * x <= 0.9),
  ring: (x, y) => x * x + y * y <= 0.9 && x * x + y * y >= 0.3,
};

/** Renders a scene by supersampling: 8-bit RGB, row-major [sizePx, sizePx, 3]. */
export function renderScene(scene: Scene): Uint8Array {
  const pixels = renderBackground(scene.background, scene.sizePx);
  for (const object of scene.objects) blendObject(pixels, scene.sizePx, object);
  return pixels;
}

function renderBackground(background: Background, sizePx: number): Uint8Array {
  const { base, amplitude } = background;
  const pixels = new Uint8Array(sizePx * sizePx * 3);
  for (let y = 0, at = 0; y < sizePx; y++) {
    for (let x = 0; x < sizePx; x++, at += 3) {
      const delta = Math.round(amplitude * textureAt(background, x, y, sizePx));
      pixels[at] = clampToByte(base.r + delta);
      pixels[at + 1] = clampToByte(base.g + delta);
      pixels[at + 2] = clampToByte(base.b + delta);
    }
  }
  return pixels;
}

/** Value in [-1, 1]. */
function textureAt(background: Background, x: number, y: number, sizePx: number): number {
  const { cos, sin, periodPx } = background;
  const along = cos * x + sin * y;
  const across = cos * y - sin * x;
  switch (background.texture) {
    case "plain":
      return 0;
    case "stripes":
      return parity(along / periodPx);
    case "checker":
      return parity(along / periodPx) * parity(across / periodPx);
    case "gradient":
      return (2 * (along - 0.5 * sizePx)) / sizePx / 1.5;
    case "noise":
      return 2 * pixelNoise(background.noiseSeed, x, y) - 1;
  }
}

function parity(cell: number): number {
  return Math.floor(cell) % 2 === 0 ? 1 : -1;
}

/** Uniform in [0, 1) for every pixel (a 32-bit integer mix, so no state and no order). */
function pixelNoise(seed: number, x: number, y: number): number {
  let bits = Math.imul(seed ^ Math.imul(x + 1, 0x9e3779b1) ^ Math.imul(y + 1, 0x85ebca77), 0xc2b2ae3d);
  bits = Math.imul(bits ^ (bits >>> 15), 0x27d4eb2f);
  return ((bits ^ (bits >>> 13)) >>> 0) / 2 ** 32;
}

function blendObject(pixels: Uint8Array, sizePx: number, object: SceneObject): void {
  const { x: cx, y: cy, radius, cos, sin, rgb } = object;
  const contains = CONTAINS[object.shape];
  const first = (centre: number) => Math.max(0, Math.floor(centre - radius));
  const last = (centre: number) => Math.min(sizePx - 1, Math.ceil(centre + radius));
  for (let y = first(cy); y <= last(cy); y++) {
    for (let x = first(cx); x <= last(cx); x++) {
      let inside = 0;
      for (const oy of OFFSETS) {
        for (const ox of OFFSETS) {
          const dx = (x + ox - cx) / radius;
          const dy = (y + oy - cy) / radius;
          if (contains(cos * dx + sin * dy, cos * dy - sin * dx)) inside++;
        }
      }
      if (inside === 0) continue;
      const at = (y * sizePx + x) * 3;
      pixels[at] = mix(pixels[at]!, rgb.r, inside);
      pixels[at + 1] = mix(pixels[at + 1]!, rgb.g, inside);
      pixels[at + 2] = mix(pixels[at + 2]!, rgb.b, inside);
    }
  }
}

function mix(under: number, over: number, inside: number): number {
  const all = SUBPIXELS * SUBPIXELS;
  return Math.floor((under * (all - inside) + over * inside + all / 2) / all);
}

function clampToByte(level: number): number {
  return level < 0 ? 0 : level > 255 ? 255 : level;
}
