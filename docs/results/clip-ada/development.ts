// npx tsx docs/results/clip-ada/development.ts FOLDER: the sets on which choices for docs/results/clip-ada.md are made, so that no
// test picture is. Writes FOLDER/{screw,magnetic-tile} in MVTec layout: nine tenths of each set's normal *training* pictures as links,
// the last tenth as test pictures, once as they are and twice spoilt by defects drawn below. Training never draws these.
import { mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { join, parse, resolve } from "node:path";
import sharp from "sharp";
import { Rng } from "../../../packages/core/src/base/rng.ts";
import { foregroundMask } from "../../../packages/core/src/data/synthetic/anomaly/foreground.ts";

const sets = {
  screw: "../shared/data/mvtec/screw/train/good",
  "magnetic-tile": "../shared/data/magnetic-tile/train/good",
};
const EVERY = 10;
const SEED = 2611;

/** Grey, values in [0, 1], row by row. */
interface Picture {
  width: number;
  height: number;
  grey: Float32Array;
  /** Deviation of its brightness: what faint and strong mean here. */
  deviation: number;
  inside(x: number, y: number): boolean;
}

/** A defect's cover at a pixel in [0, 1], and what it makes of the brightness there. */
interface Defect {
  cover(x: number, y: number): number;
  tone(grey: number, x: number, y: number): number;
}

const between = (rng: Rng, low: number, high: number) => low + (high - low) * rng.uniform();
/** Log-uniform: half of the draws lie below the geometric mean. */
const scale = (rng: Rng, low: number, high: number) => low * (high / low) ** rng.uniform();
const clamp = (value: number) => Math.min(1, Math.max(0, value));

function place(picture: Picture, rng: Rng): { x: number; y: number } {
  let at = { x: picture.width / 2, y: picture.height / 2 };
  for (let tries = 0; tries < 200; tries++) {
    at = { x: between(rng, 0.08, 0.92) * picture.width, y: between(rng, 0.08, 0.92) * picture.height };
    if (picture.inside(Math.round(at.x), Math.round(at.y))) break;
  }
  return at;
}

/** Distance to the nearest of a chain of points, for covers along a line. */
function distanceTo(points: readonly { x: number; y: number }[], x: number, y: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 1; i < points.length; i++) {
    const [a, b] = [points[i - 1]!, points[i]!];
    const [dx, dy] = [b.x - a.x, b.y - a.y];
    const along = clamp(((x - a.x) * dx + (y - a.y) * dy) / (dx * dx + dy * dy || 1));
    best = Math.min(best, Math.hypot(x - a.x - along * dx, y - a.y - along * dy));
  }
  return best;
}

const kinds: Record<string, (picture: Picture, rng: Rng) => Defect> = {
  /** Dark, thin, jagged, with a branch; faint as often as plain. */
  crack(picture, rng) {
    const walk = (start: { x: number; y: number }, angle: number, steps: number) => {
      const points = [start];
      for (let step = 0; step < steps; step++) {
        const heading = angle + 0.6 * rng.normal();
        const length = between(rng, 0.02, 0.06) * picture.width;
        const last = points.at(-1)!;
        points.push({ x: last.x + length * Math.cos(heading), y: last.y + length * Math.sin(heading) });
      }
      return points;
    };
    const angle = 2 * Math.PI * rng.uniform();
    const main = walk(place(picture, rng), angle, 3 + rng.integer(8));
    const branch = walk(rng.pick(main), angle + (rng.uniform() < 0.5 ? 0.9 : -0.9), 1 + rng.integer(3));
    const halfWidth = between(rng, 0.3, 1.2);
    const depth = scale(rng, 0.8, 3) * picture.deviation;
    return {
      cover: (x, y) => clamp(halfWidth + 0.7 - Math.min(distanceTo(main, x, y), distanceTo(branch, x, y))),
      tone: (grey) => grey - depth,
    };
  },
  /** A dark hole with a bright rim on one side, as light from that side makes it. */
  pit(picture, rng) {
    const at = place(picture, rng);
    const radius = scale(rng, 0.01, 0.04) * picture.width;
    const light = 2 * Math.PI * rng.uniform();
    const depth = scale(rng, 0.8, 3) * picture.deviation;
    return {
      cover: (x, y) => clamp(1.4 * radius - Math.hypot(x - at.x, y - at.y)),
      tone(grey, x, y) {
        const [dx, dy] = [x - at.x, y - at.y];
        const towards = (dx * Math.cos(light) + dy * Math.sin(light)) / (Math.hypot(dx, dy) || 1);
        return Math.hypot(dx, dy) < radius ? grey - depth : grey + 0.5 * depth * Math.max(0, towards);
      },
    };
  },
  /** Another place of the same picture, turned by 90 degrees, behind a soft round edge. */
  turned(picture, rng) {
    const [at, from] = [place(picture, rng), place(picture, rng)];
    const radius = between(rng, 0.04, 0.1) * picture.width;
    return {
      cover: (x, y) => clamp((radius - Math.hypot(x - at.x, y - at.y)) / 3),
      tone(_, x, y) {
        const column = Math.min(picture.width - 1, Math.max(0, Math.round(from.x + (y - at.y))));
        const row = Math.min(picture.height - 1, Math.max(0, Math.round(from.y - (x - at.x))));
        return picture.grey[row * picture.width + column]!;
      },
    };
  },
  /** A ragged bright or dark flat where something broke off. */
  chip(picture, rng) {
    const at = place(picture, rng);
    const corners = Array.from({ length: 5 + rng.integer(4) }, () => between(rng, 0.5, 1));
    const radius = scale(rng, 0.03, 0.09) * picture.width;
    const level = (rng.uniform() < 0.5 ? -1 : 1) * scale(rng, 0.8, 2.5) * picture.deviation;
    const around = picture.grey[Math.round(at.y) * picture.width + Math.round(at.x)]!;
    return {
      cover(x, y) {
        const turn = ((Math.atan2(y - at.y, x - at.x) / (2 * Math.PI) + 1) % 1) * corners.length;
        const [low, share] = [Math.floor(turn), turn % 1];
        const reach = corners[low]! * (1 - share) + corners[(low + 1) % corners.length]! * share;
        return clamp(radius * reach - Math.hypot(x - at.x, y - at.y));
      },
      tone: (grey) => around + level + 0.3 * (grey - around),
    };
  },
  /** A straight bright or dark scratch, tapering. */
  scratch(picture, rng) {
    const at = place(picture, rng);
    const angle = Math.PI * rng.uniform();
    const half = between(rng, 0.05, 0.15) * picture.width;
    const width = between(rng, 0.5, 1.3);
    const level = (rng.uniform() < 0.5 ? -1 : 1) * scale(rng, 0.8, 2.5) * picture.deviation;
    return {
      cover(x, y) {
        const along = (x - at.x) * Math.cos(angle) + (y - at.y) * Math.sin(angle);
        const across = Math.abs((y - at.y) * Math.cos(angle) - (x - at.x) * Math.sin(angle));
        return Math.abs(along) > half ? 0 : clamp(width * (1 - (along / half) ** 2) + 0.5 - across);
      },
      tone: (grey) => grey + level,
    };
  },
  /** A wide band whose texture is finer or coarser than it was and whose light is a little off. */
  band(picture, rng) {
    const at = place(picture, rng);
    const angle = Math.PI * rng.uniform();
    const half = between(rng, 0.04, 0.12) * picture.width;
    const length = between(rng, 0.12, 0.3) * picture.width;
    const shift = (rng.uniform() < 0.5 ? -1 : 1) * between(rng, 0.3, 1) * picture.deviation;
    const phase = scale(rng, 2.5, 7);
    const ripple = between(rng, 0.2, 0.7) * picture.deviation;
    return {
      cover(x, y) {
        const along = (x - at.x) * Math.cos(angle) + (y - at.y) * Math.sin(angle);
        const across = (y - at.y) * Math.cos(angle) - (x - at.x) * Math.sin(angle);
        return clamp((1 - Math.hypot(along / length, across / half)) * 4);
      },
      tone: (grey, x, y) => grey + shift + ripple * Math.sin((x * Math.cos(angle) + y * Math.sin(angle)) * phase),
    };
  },
};

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("usage: npx tsx docs/results/clip-ada/development.ts FOLDER");
for (const [category, source] of Object.entries(sets)) {
  const root = join(folder, category);
  rmSync(root, { recursive: true, force: true });
  const into = (...path: string[]) => {
    mkdirSync(join(root, ...path), { recursive: true });
    return join(root, ...path);
  };
  const files = readdirSync(source).sort();
  for (const [index, file] of files.entries()) {
    const stem = parse(file).name;
    if (index % EVERY !== EVERY - 1) {
      symlinkSync(resolve(source, file), join(into("train", "good"), file));
      continue;
    }
    symlinkSync(resolve(source, file), join(into("test", "good"), file));
    const picture = await read(join(source, file));
    const rng = Rng.fromSeed(SEED).stream(`${category}/${stem}`);
    const drawn = rng.shuffle(Object.keys(kinds)).slice(0, 2);
    for (const kind of drawn) {
      const { spoilt, mask } = draw(kinds[kind]!(picture, rng.stream(kind)), picture);
      if (!mask.includes(255)) continue;
      await write(join(into("test", kind), `${stem}.png`), spoilt, picture);
      await write(join(into("ground_truth", kind), `${stem}_mask.png`), mask, picture);
    }
  }
}

async function read(path: string): Promise<Picture> {
  const { data, info } = await sharp(path).greyscale().raw().toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const grey = Float32Array.from(data, (value) => value / 255);
  const mean = grey.reduce((sum, value) => sum + value, 0) / grey.length;
  const variance = grey.reduce((sum, value) => sum + (value - mean) ** 2, 0) / grey.length;
  const foreground = foregroundMask(grey, { width, height, growPx: 0 });
  const inside = (x: number, y: number) => foreground === null || foreground[y * width + x] === 1;
  return { width, height, grey, deviation: Math.sqrt(variance), inside };
}

/** Anomalous is where brightness changed by 3 grey levels of 255 or more. */
function draw({ cover, tone }: Defect, { grey, width, height, inside }: Picture) {
  const spoilt = new Uint8Array(grey.length);
  const mask = new Uint8Array(grey.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const share = inside(x, y) ? cover(x, y) : 0;
      const made = share === 0 ? grey[at]! : clamp(grey[at]! + share * (tone(grey[at]!, x, y) - grey[at]!));
      spoilt[at] = Math.round(255 * made);
      mask[at] = Math.abs(spoilt[at]! - Math.round(255 * grey[at]!)) >= 3 ? 255 : 0;
    }
  }
  return { spoilt, mask };
}

async function write(path: string, data: Uint8Array, { width, height }: Picture): Promise<void> {
  await sharp(data, { raw: { width, height, channels: 1 } })
    .png()
    .toFile(path);
}
