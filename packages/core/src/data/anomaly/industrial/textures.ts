import type { Rng } from "../../../base/rng.ts";
import { ValueNoise } from "./noise.ts";
import { between, mixed, type Patch, type Rgb, SIDE, type Surface, scaled, smoothstep } from "./surface.ts";

const everywhere = () => true;
const fraction = (value: number) => value - Math.floor(value);

/** A pattern's own axes: slightly turned and shifted in every picture. */
function turnedAxes(rng: Rng, maxAngle: number) {
  const angle = between(rng, -maxAngle, maxAngle);
  const [shiftU, shiftV] = [between(rng, 0, 50), between(rng, 0, 50)];
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return (x: number, y: number): [number, number] => [x * cos + y * sin + shiftU, y * cos - x * sin + shiftV];
}

/** Where a point well inside the picture lies on the pattern's axes. */
function somewhere(rng: Rng, axes: (x: number, y: number) => [number, number], margin = 24): [number, number] {
  return axes(between(rng, margin, SIDE - margin), between(rng, margin, SIDE - margin));
}

/** Plain weave: threads pass over and under each other. */
export function wovenFabric(rng: Rng): Surface {
  const axes = turnedAxes(rng, 0.08);
  const pitch = between(rng, 7, 8);
  const base: Rgb = [between(rng, 0.36, 0.42), between(rng, 0.44, 0.5), between(rng, 0.58, 0.66)];
  const threads = new ValueNoise(rng);
  const color = (x: number, y: number, without?: { row: number; from: number; to: number }): Rgb => {
    const [u, v] = axes(x, y).map((at) => at / pitch) as [number, number];
    const [column, row] = [Math.floor(u), Math.floor(v)];
    const isGone = without !== undefined && row === without.row && column >= without.from && column < without.to;
    const isWarpOver = (column + row) % 2 === 0 || isGone;
    const [across, along] = isWarpOver ? [fraction(u), fraction(v)] : [fraction(v), fraction(u)];
    const relief = 0.4 + 0.6 * Math.sin(Math.PI * across) ** 0.7 * (0.75 + 0.25 * Math.sin(Math.PI * along));
    const thread = 1 + 0.08 * threads.cell(isWarpOver ? column : row, isWarpOver ? 0 : 1);
    // Where a thread is gone, the ground shows between those that cross it.
    const gap = isGone ? smoothstep(0.25, 0.42, Math.abs(across - 0.5)) : 0;
    return mixed(scaled(base, relief * thread), scaled(base, 0.18), gap);
  };
  return {
    color: (x, y) => color(x, y),
    inside: everywhere,
    missingPart(own) {
      const [u, v] = somewhere(own, axes);
      const length = 4 + own.integer(6);
      const [row, from] = [Math.floor(v / pitch), Math.floor(u / pitch) - Math.floor(length / 2)];
      const run = { row, from, to: from + length };
      return {
        words: "a missing thread",
        covers(x, y) {
          const [column, line] = axes(x, y).map((at) => Math.floor(at / pitch)) as [number, number];
          return Number(line === row && column >= run.from && column < run.to);
        },
        color: (x, y) => color(x, y, run),
      };
    },
  };
}

/** Brushed sheet metal with round holes in a hexagonal grid. */
export function perforatedMetal(rng: Rng): Surface {
  const axes = turnedAxes(rng, 0.05);
  const pitch = between(rng, 19, 21);
  const radius = pitch * between(rng, 0.27, 0.29);
  const brush = new ValueNoise(rng);
  const sheen = new ValueNoise(rng);
  const metal = (x: number, y: number): Rgb => {
    const streak = 0.055 * brush.at(x / 30, y * 1.4) + 0.04 * brush.at(x / 12 + 9, y * 0.6);
    return scaled([0.6, 0.61, 0.63], 1 + streak + 0.08 * sheen.at(x / 50, y / 50));
  };
  const nearest = (x: number, y: number) => {
    const [u, v] = axes(x, y);
    const rowHeight = pitch * 0.866;
    let best = { distance: Number.POSITIVE_INFINITY, row: 0, column: 0 };
    for (let row = Math.floor(v / rowHeight) - 1; row <= Math.floor(v / rowHeight) + 2; row++) {
      const offset = (row & 1) * 0.5;
      const column = Math.round(u / pitch - offset);
      const distance = Math.hypot(u - (column + offset) * pitch, v - row * rowHeight);
      if (distance < best.distance) best = { distance, row, column };
    }
    return best;
  };
  const holed = (x: number, y: number, distance: number): Rgb => {
    const rim = smoothstep(radius + 2, radius + 0.6, distance) * 0.25;
    return mixed(scaled(metal(x, y), 1 + rim), [0.07, 0.07, 0.08], smoothstep(radius + 0.5, radius - 0.5, distance));
  };
  return {
    color: (x, y) => holed(x, y, nearest(x, y).distance),
    inside: everywhere,
    missingPart(own) {
      const hole = nearest(between(own, 24, SIDE - 24), between(own, 24, SIDE - 24));
      return {
        words: "a missing hole",
        covers(x, y) {
          const { row, column, distance } = nearest(x, y);
          return Number(row === hole.row && column === hole.column && distance < radius + 2);
        },
        color: metal,
      };
    },
  };
}

/** Thin lines with dots at their crossings, printed on white. */
export function printedGrid(rng: Rng): Surface {
  const axes = turnedAxes(rng, 0.06);
  const pitch = between(rng, 15, 17);
  const width = between(rng, 0.8, 1);
  const paper = new ValueNoise(rng);
  const ink: Rgb = [0.12, 0.16, 0.42];
  const blank = (x: number, y: number): Rgb => scaled([0.88, 0.87, 0.83], 1 + 0.03 * paper.at(x / 3, y / 3));
  const inkAt = (u: number, v: number) => {
    const [du, dv] = [Math.abs(u - Math.round(u / pitch) * pitch), Math.abs(v - Math.round(v / pitch) * pitch)];
    const line = smoothstep(width + 0.5, width - 0.5, Math.min(du, dv));
    const dot = smoothstep(3.2, 2.2, Math.hypot(du, dv));
    return 0.9 * Math.max(line, dot);
  };
  return {
    color(x, y) {
      const [u, v] = axes(x, y);
      return mixed(blank(x, y), ink, inkAt(u, v));
    },
    inside: everywhere,
    missingPart(own) {
      const [u, v] = somewhere(own, axes);
      const [column, row] = [Math.round(u / pitch), Math.round(v / pitch)];
      const length = between(own, 0.5, 1.2) * pitch;
      return {
        words: "a missing line",
        covers(x, y) {
          const [a, b] = axes(x, y);
          const onLine = Math.abs(b - row * pitch) < 3.4 && Math.abs(a - (column + 0.4) * pitch) < length;
          return Number(onLine && inkAt(a, b) > 0.05);
        },
        color: blank,
      };
    },
  };
}

/** Polished stone of light and dark grains. */
export function granite(rng: Rng): Surface {
  const fine = new ValueNoise(rng);
  const coarse = new ValueNoise(rng);
  const color = (x: number, y: number): Rgb => {
    const grain = 0.6 * fine.at(x / 1.7, y / 1.7) + 0.5 * coarse.at(x / 4.5, y / 4.5);
    const dark = smoothstep(0.28, 0.42, grain);
    const pink = smoothstep(-0.3, -0.5, grain);
    return mixed(mixed([0.62, 0.6, 0.58], [0.74, 0.58, 0.52], pink), [0.2, 0.2, 0.21], dark);
  };
  return {
    color,
    inside: everywhere,
    missingPart: (own) => chip(own, "a missing chip", [0.35, 0.3, 0.27]),
  };
}

/** A sawn board: long grain, darker late wood. */
export function woodBoard(rng: Rng): Surface {
  const axes = turnedAxes(rng, 0.1);
  const bend = new ValueNoise(rng);
  const fibre = new ValueNoise(rng);
  const pitch = between(rng, 7, 10);
  return {
    color(x, y) {
      const [u, v] = axes(x, y);
      const ring = fraction(v / pitch + 0.9 * bend.at(u / 55, v / 22));
      const late = smoothstep(0.35, 0.95, ring) * smoothstep(1, 0.95, ring);
      return scaled(mixed([0.74, 0.55, 0.35], [0.5, 0.32, 0.17], late), 1 + 0.06 * fibre.at(u / 9, v * 1.2));
    },
    inside: everywhere,
    missingPart: (own) => chip(own, "a missing splinter", [0.86, 0.74, 0.55], 3),
  };
}

/** Green board with rows of solder pads and traces between some of them. */
export function circuitBoard(rng: Rng): Surface {
  const axes = turnedAxes(rng, 0.03);
  const pitch = between(rng, 15, 16);
  const weave = new ValueNoise(rng);
  const solder = new ValueNoise(rng);
  const board = (x: number, y: number): Rgb => scaled([0.08, 0.33, 0.2], 1 + 0.06 * weave.at(x / 1.5, y / 1.5));
  const place = (x: number, y: number) => {
    const [u, v] = axes(x, y);
    const [column, row] = [Math.round(u / pitch), Math.round(v / pitch)];
    return { column, row, du: u - column * pitch, dv: v - row * pitch };
  };
  const traced = (x: number, y: number): Rgb => {
    const { row, dv } = place(x, y);
    return mixed(board(x, y), [0.14, 0.47, 0.28], row % 2 === 0 ? smoothstep(1.6, 0.8, Math.abs(dv)) : 0);
  };
  return {
    color(x, y) {
      const { column, row, du, dv } = place(x, y);
      const pad = smoothstep(0.5, -0.5, Math.max(Math.abs(du) - 3, Math.abs(dv) - 4.5));
      const shine = 0.9 + 0.15 * solder.cell(column, row) + 0.3 * smoothstep(3, 0, Math.hypot(du + 1, dv + 1.5));
      return mixed(traced(x, y), scaled([0.66, 0.64, 0.56], shine), pad);
    },
    inside: everywhere,
    missingPart(own) {
      const gone = place(between(own, 24, SIDE - 24), between(own, 24, SIDE - 24));
      return {
        words: "a missing pad",
        covers(x, y) {
          const { column, row, du, dv } = place(x, y);
          return Number(column === gone.column && row === gone.row && Math.abs(du) < 3.5 && Math.abs(dv) < 5);
        },
        color: traced,
      };
    },
  };
}

/** A bit broken out: its ground has another colour, with a shadow on one side. */
function chip(rng: Rng, words: string, ground: Rgb, stretch = 1): Patch {
  const [cx, cy] = [between(rng, 24, SIDE - 24), between(rng, 24, SIDE - 24)];
  const radius = between(rng, 4, 8);
  const outline = new ValueNoise(rng);
  const depth = (x: number, y: number) => {
    const [dx, dy] = [(x - cx) / stretch, y - cy];
    const angle = Math.atan2(dy, dx);
    return radius * (1 + 0.35 * outline.at(4 + 2 * Math.cos(angle), 4 + 2 * Math.sin(angle))) - Math.hypot(dx, dy);
  };
  return {
    words,
    covers: (x, y) => smoothstep(-0.5, 0.5, depth(x, y)),
    color: (x, y) => scaled(ground, x - cx + (y - cy) > 0 ? 1.1 : 0.75),
  };
}
