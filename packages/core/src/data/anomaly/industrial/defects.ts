import type { Rng } from "../../../base/rng.ts";
import type { DefectKind } from "./names.ts";
import { ValueNoise } from "./noise.ts";
import { between, mixed, type Patch, type Rgb, SIDE, type Surface, scaled, smoothstep } from "./surface.ts";

const TRIES = 200;

/** A defect of that kind at a random place on the surface. */
export function drawDefect(kind: DefectKind, surface: Surface, rng: Rng): Patch {
  switch (kind) {
    case "scratch":
      return scratch(surface, rng);
    case "spot":
      return spot(surface, rng);
    case "stain":
      return stain(surface, rng);
    case "missing-part":
      return surface.missingPart(rng);
  }
}

/** A bent line, lighter or darker than what it crosses, thinner towards its ends. */
function scratch(surface: Surface, rng: Rng): Patch {
  const [cx, cy] = placeOn(surface, rng);
  const angle = between(rng, 0, 2 * Math.PI);
  const half = between(rng, 9, 32);
  const bend = between(rng, -0.012, 0.012);
  const width = between(rng, 0.6, 1.5);
  const isBright = rng.integer(2) === 0;
  const strength = between(rng, 0.45, 0.9);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const onSurface = only(surface);
  return {
    words: isBright ? "a bright scratch" : "a dark scratch",
    covers(x, y) {
      const along = (x - cx) * cos + (y - cy) * sin;
      const across = (y - cy) * cos - (x - cx) * sin - bend * along * along;
      const taper = width * (0.55 + 0.45 * Math.sqrt(Math.max(0, 1 - (along / half) ** 2)));
      return Math.abs(along) > half ? 0 : onSurface(x, y) * smoothstep(taper + 0.5, taper - 0.5, Math.abs(across));
    },
    color: (_x, _y, below) => mixed(below, isBright ? [0.97, 0.97, 0.95] : [0.05, 0.05, 0.06], strength),
  };
}

/** A small blot with a sharp edge. */
function spot(surface: Surface, rng: Rng): Patch {
  const [cx, cy] = placeOn(surface, rng);
  const radius = between(rng, 2, 5.5);
  const outline = new ValueNoise(rng);
  const isDark = rng.integer(3) > 0;
  const paint: Rgb = isDark ? [0.13, 0.09, 0.07] : [0.95, 0.93, 0.86];
  const onSurface = only(surface);
  return {
    words: isDark ? "a dark spot" : "a white spot",
    covers: (x, y) =>
      onSurface(x, y) *
      smoothstep(-0.5, 0.5, radius * wobble(outline, x - cx, y - cy, 0.3) - Math.hypot(x - cx, y - cy)),
    color: (_x, _y, below) => mixed(below, paint, 0.88),
  };
}

/** A wide blot that lets the surface show through. */
function stain(surface: Surface, rng: Rng): Patch {
  const [cx, cy] = placeOn(surface, rng);
  const radius = between(rng, 9, 20);
  const outline = new ValueNoise(rng);
  const cloud = new ValueNoise(rng);
  const isOil = rng.integer(2) === 0;
  const tint = mixed([1, 1, 1], isOil ? [0.42, 0.38, 0.32] : [0.78, 0.5, 0.28], between(rng, 0.3, 0.85));
  const onSurface = only(surface);
  return {
    words: isOil ? "an oil stain" : "a rust stain",
    covers: (x, y) =>
      onSurface(x, y) *
      smoothstep(-1.2, 1.2, radius * wobble(outline, x - cx, y - cy, 0.45) - Math.hypot(x - cx, y - cy)),
    color(x, y, [r, g, b]) {
      const depth = 0.85 + 0.15 * cloud.at(x / 7, y / 7);
      return scaled([r * tint[0], g * tint[1], b * tint[2]], depth);
    },
  };
}

/** Factor of a radius that goes in and out around the centre. */
function wobble(outline: ValueNoise, dx: number, dy: number, amount: number): number {
  const angle = Math.atan2(dy, dx);
  return 1 + amount * outline.at(8 + 1.6 * Math.cos(angle), 8 + 1.6 * Math.sin(angle));
}

const only = (surface: Surface) => (x: number, y: number) => Number(surface.inside(x, y));

function placeOn(surface: Surface, rng: Rng): [number, number] {
  let place: [number, number] = [SIDE / 2, SIDE / 2];
  for (let attempt = 0; attempt < TRIES; attempt++) {
    place = [between(rng, 12, SIDE - 12), between(rng, 12, SIDE - 12)];
    if (surface.inside(...place)) break;
  }
  return place;
}
