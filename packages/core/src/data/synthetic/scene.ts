import type { Rng } from "../../base/rng.ts";
import type { SceneColor, SceneShape, ScenesParams } from "./scenes.ts";

export interface SceneObject {
  shape: SceneShape;
  color: SceneColor;
  /** Centre and radius of the enclosing circle, in pixels; y grows downwards. */
  x: number;
  y: number;
  radius: number;
  /** Cosine and sine of the rotation. */
  cos: number;
  sin: number;
  /** 8-bit RGB, the colour's own value with jitter. */
  rgb: Rgb;
}

export interface Rgb {
  r: number;
  g: number;
  b: number;
}

export type Texture = "plain" | "stripes" | "checker" | "gradient" | "noise";

export interface Background {
  texture: Texture;
  base: Rgb;
  /** Largest deviation from the base, in 8-bit levels. */
  amplitude: number;
  /** Length of one stripe or field in pixels. */
  periodPx: number;
  /** Direction of stripes and gradients. */
  cos: number;
  sin: number;
  /** Seed of the per-pixel noise. */
  noiseSeed: number;
}

/** What is asked how often: a scene made so that the count of one attribute is evenly distributed. */
export type CountFocus = { kind: "shape"; value: SceneShape } | { kind: "color"; value: SceneColor } | { kind: "all" };

export interface Scene {
  sizePx: number;
  background: Background;
  objects: readonly SceneObject[];
  /** Null unless counting questions are wanted. */
  countFocus: CountFocus | null;
}

const PALETTE: Record<SceneColor, Rgb> = {
  red: { r: 214, g: 40, b: 40 },
  green: { r: 40, g: 150, b: 60 },
  blue: { r: 40, g: 80, b: 215 },
  yellow: { r: 240, g: 220, b: 40 },
  purple: { r: 130, g: 50, b: 170 },
  orange: { r: 242, g: 140, b: 30 },
  teal: { r: 30, g: 170, b: 175 },
  pink: { r: 245, g: 150, b: 195 },
};
const COLOR_JITTER = 14;
const TEXTURES: readonly Texture[] = ["stripes", "checker", "gradient", "noise"];

/**
 * Draws a scene. Everything is symmetric under exchanging colours and under exchanging shapes, and, in a scene made for a
 * counting question, the count is uniform in 0..maxObjects; so no question tells its own answer.
 */
export function drawScene(rng: Rng, params: ScenesParams): Scene {
  const sizePx = params.imageSizePx;
  const { attributes, countFocus } = drawAttributes(rng, params);
  const background = drawBackground(rng, params, sizePx);
  const places = drawPlaces(rng, attributes.length, sizePx);
  const objects = attributes.map((attribute, index) => ({
    ...attribute,
    ...places[index]!,
    ...drawDirection(rng),
    rgb: jitter(rng, PALETTE[attribute.color], COLOR_JITTER),
  }));
  return { sizePx, background, objects, countFocus };
}

interface Attributes {
  shape: SceneShape;
  color: SceneColor;
}

function drawAttributes(rng: Rng, params: ScenesParams): { attributes: Attributes[]; countFocus: CountFocus | null } {
  const { minObjects, maxObjects, shapes, colors } = params;
  const free = (): Attributes => ({ shape: rng.pick(shapes), color: rng.pick(colors) });
  const between = (low: number, high: number) => low + rng.integer(high - low + 1);
  const kind = params.questions.includes("count") ? rng.pick(["shape", "color", "all"] as const) : null;
  if (kind === null || kind === "all") {
    const attributes = Array.from({ length: between(minObjects, maxObjects) }, free);
    return { attributes, countFocus: kind === null ? null : { kind } };
  }
  // The count first, then the number of shapes that admits it: this order makes the count uniform.
  const count = between(0, maxObjects);
  const total = between(Math.max(minObjects, count), maxObjects);
  const focus: CountFocus = kind === "shape" ? { kind, value: rng.pick(shapes) } : { kind, value: rng.pick(colors) };
  const attributes = Array.from({ length: total }, (_, index): Attributes => {
    const attribute = free();
    if (focus.kind === "shape") {
      const others = shapes.filter((shape) => shape !== focus.value);
      return { ...attribute, shape: index < count ? focus.value : rng.pick(others) };
    }
    const others = colors.filter((color) => color !== focus.value);
    return { ...attribute, color: index < count ? focus.value : rng.pick(others) };
  });
  return { attributes, countFocus: focus };
}

/** Places that do not touch; sizes shrink until they fit. */
function drawPlaces(rng: Rng, count: number, sizePx: number): { x: number; y: number; radius: number }[] {
  const largest = count === 1 ? 0.3 : count === 2 ? 0.22 : count <= 4 ? 0.18 : 0.15;
  for (let scale = 1; ; scale *= 0.95) {
    for (let attempt = 0; attempt < 20; attempt++) {
      const places: { x: number; y: number; radius: number }[] = [];
      for (let index = 0; index < count; index++) {
        const radius = sizePx * scale * largest * (0.6 + 0.4 * rng.uniform());
        const span = sizePx - 2 * radius - 2;
        const x = 1 + radius + span * rng.uniform();
        const y = 1 + radius + span * rng.uniform();
        const apart = places.every((other) => {
          const gap = radius + other.radius + sizePx / 32;
          return (x - other.x) ** 2 + (y - other.y) ** 2 >= gap * gap;
        });
        if (!apart) break;
        places.push({ x, y, radius });
      }
      if (places.length === count) return places;
    }
  }
}

/** A direction within 90 degrees of upright, from exact arithmetic alone: the same bits on every platform. */
function drawDirection(rng: Rng): { cos: number; sin: number } {
  const t = 2 * rng.uniform() - 1;
  return { cos: (1 - t * t) / (1 + t * t), sin: (2 * t) / (1 + t * t) };
}

function drawBackground(rng: Rng, params: ScenesParams, sizePx: number): Background {
  const textured = params.background === "textured" || (params.background === "mixed" && rng.uniform() < 0.5);
  const grey = 70 + rng.integer(150);
  return {
    texture: textured ? rng.pick(TEXTURES) : "plain",
    base: jitter(rng, { r: grey, g: grey, b: grey }, 6),
    amplitude: 8 + rng.integer(17),
    periodPx: sizePx * (0.06 + 0.14 * rng.uniform()),
    ...drawDirection(rng),
    noiseSeed: rng.integer(2 ** 31),
  };
}

function jitter(rng: Rng, { r, g, b }: Rgb, amount: number): Rgb {
  const near = (level: number) => Math.min(255, Math.max(0, level - amount + rng.integer(2 * amount + 1)));
  return { r: near(r), g: near(g), b: near(b) };
}
