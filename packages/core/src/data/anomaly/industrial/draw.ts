import type { Rng } from "../../../base/rng.ts";
import { captionOf, GOOD } from "../anomaly-data.ts";
import { bolt } from "./bolt.ts";
import { drawDefect } from "./defects.ts";
import type { DefectKind, SurfaceName } from "./names.ts";
import { ValueNoise } from "./noise.ts";
import { between, type Rgb, SIDE, type Surface, scaled } from "./surface.ts";
import { circuitBoard, granite, perforatedMetal, printedGrid, woodBoard, wovenFabric } from "./textures.ts";

const surfaces: Record<SurfaceName, (rng: Rng) => Surface> = {
  "woven-fabric": wovenFabric,
  "perforated-metal": perforatedMetal,
  "printed-grid": printedGrid,
  bolt,
  granite,
  "wood-board": woodBoard,
  "circuit-board": circuitBoard,
};

/** Colour of a pixel is the mean of as many points a side. */
const POINTS = 2;
/** A pixel whose colour a defect moves by less, in [0, 1], shows no defect. */
const VISIBLE = 0.03;
/** Share of the picture that a defect must change. */
const MIN_AREA = 0.0008;
const TRIES = 50;

export interface IndustrialPicture {
  /** 8-bit, row-major [sizePx, sizePx, 3]. */
  rgb: Uint8Array<ArrayBuffer>;
  /** 1 where the defect is seen, [sizePx, sizePx]. */
  mask: Uint8Array<ArrayBuffer>;
  /** "a photo of a woven fabric with a dark scratch". */
  caption: string;
}

export interface DrawOptions {
  surface: SurfaceName;
  /** Null draws a good one. */
  defect: DefectKind | null;
  sizePx: number;
  rng: Rng;
}

/** Draws one picture; position, light and noise differ from picture to picture, good or bad. */
export function drawIndustrial({ surface: name, defect, sizePx, rng }: DrawOptions): IndustrialPicture {
  const surface = surfaces[name](rng.stream("surface"));
  const light = lightOf(rng.stream("light"));
  const grain = rng.stream("grain");
  const thing = captionOf(name, GOOD);
  const clean = render(surface.color, sizePx);
  let picture = { colors: clean, mask: new Uint8Array(sizePx * sizePx), caption: thing };
  if (defect !== null) picture = { ...withDefect({ surface, defect, clean, sizePx, rng }, thing) };
  const rgb = new Uint8Array(sizePx * sizePx * 3);
  for (let y = 0; y < sizePx; y++) {
    for (let x = 0; x < sizePx; x++) {
      const at = (y * sizePx + x) * 3;
      const exposure = light(x / sizePx, y / sizePx);
      for (let channel = 0; channel < 3; channel++) {
        const noisy = picture.colors[at + channel]! * exposure + 0.012 * (grain.uniform() + grain.uniform() - 1);
        rgb[at + channel] = Math.min(255, Math.max(0, Math.round(255 * noisy)));
      }
    }
  }
  return { rgb, mask: picture.mask, caption: picture.caption };
}

interface Defective {
  surface: Surface;
  defect: DefectKind;
  clean: Float32Array;
  sizePx: number;
  rng: Rng;
}

function withDefect({ surface, defect, clean, sizePx, rng }: Defective, thing: string) {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const patch = drawDefect(defect, surface, rng.stream(`defect/${attempt}`));
    const colors = clean.slice();
    addTo(colors, sizePx, (x, y) => {
      const cover = patch.covers(x, y);
      if (cover === 0) return null;
      const below = surface.color(x, y);
      return scaled(difference(patch.color(x, y, below), below), cover);
    });
    const mask = new Uint8Array(sizePx * sizePx);
    let area = 0;
    for (let pixel = 0; pixel < mask.length; pixel++) {
      const moved = [0, 1, 2].map((channel) => Math.abs(colors[pixel * 3 + channel]! - clean[pixel * 3 + channel]!));
      mask[pixel] = Number(Math.max(...moved) > VISIBLE);
      area += mask[pixel]!;
    }
    if (area >= MIN_AREA * mask.length) return { colors, mask, caption: `${thing} with ${patch.words}` };
  }
  throw new Error(`No visible ${defect} in ${TRIES} tries`);
}

/** Mean colour of each pixel, [sizePx, sizePx, 3]. */
function render(color: (x: number, y: number) => Rgb, sizePx: number): Float32Array {
  const colors = new Float32Array(sizePx * sizePx * 3);
  addTo(colors, sizePx, color);
  return colors;
}

/** Adds to each pixel the mean of what `color` gives at its points; null adds nothing. */
function addTo(colors: Float32Array, sizePx: number, color: (x: number, y: number) => Rgb | null): void {
  const step = SIDE / sizePx / POINTS;
  for (let y = 0; y < sizePx * POINTS; y++) {
    for (let x = 0; x < sizePx * POINTS; x++) {
      const added = color((x + 0.5) * step, (y + 0.5) * step);
      if (added === null) continue;
      const at = (Math.floor(y / POINTS) * sizePx + Math.floor(x / POINTS)) * 3;
      colors[at]! += added[0] / POINTS ** 2;
      colors[at + 1]! += added[1] / POINTS ** 2;
      colors[at + 2]! += added[2] / POINTS ** 2;
    }
  }
}

const difference = (a: Rgb, b: Rgb): Rgb => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];

/** Exposure over the picture, x and y in [0, 1]: brighter or darker as a whole, and uneven. */
function lightOf(rng: Rng): (x: number, y: number) => number {
  const exposure = between(rng, 0.86, 1.12);
  const uneven = new ValueNoise(rng);
  const [offsetX, offsetY] = [between(rng, 0, 60), between(rng, 0, 60)];
  return (x, y) => exposure * (1 + 0.07 * uneven.at(offsetX + 1.3 * x, offsetY + 1.3 * y));
}
