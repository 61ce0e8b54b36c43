// [node]

import { readdir } from "node:fs/promises";
import { extname, join } from "node:path";
import { DataError } from "../../base/errors.ts";
import type { Rng } from "../../base/rng.ts";
import { Rng as RngOf } from "../../base/rng.ts";
import type { AnomalyDataParams } from "../../data/anomaly/choice.ts";
import { loadAnomalyTrainData } from "../../data/anomaly/loaders.ts";
import type { ImageSource } from "../../data/dataset.ts";
import { decodeImages, imageSize } from "../../data/images.ts";
import { foregroundMask } from "../../data/synthetic/anomaly/foreground.ts";
import type { SynthesisParams } from "../../data/synthetic/anomaly/synthesis-params.ts";

/** A normal training image, decoded. */
export interface NormalImage {
  /** 8 bits, [sizePx, sizePx, channels]. */
  pixels: Uint8Array;
  /** Mean and deviation of its brightness, pixels in [0, 1]. */
  brightness: readonly [number, number];
  /** [sizePx, sizePx]; null where no thing stands out from a background. */
  foreground: Uint8Array | null;
}

/** A normal image of the data. */
export interface KeptImage extends NormalImage {
  /** Longer side of the picture as it came, in pixels: enlarged beyond it, it shows no more. */
  ownPx: number;
}

export interface NormalImagesOptions {
  data: AnomalyDataParams;
  synthesis: SynthesisParams;
  channels: 1 | 3;
  sizePx: number;
  heldOut: number;
  /** The first so many of each category alone are decoded; default: all. */
  maxImages?: number;
  seed: number;
}

/** Pixels by which a found thing is grown, since defects reach over its edge. */
const GROW_PX = 2;

/** The normal images of all categories, decoded once and kept: a byte a pixel and channel. */
export class NormalImages {
  readonly sizePx: number;
  readonly channels: 1 | 3;
  /** By category. */
  readonly categories: readonly { name: string; images: readonly KeptImage[] }[];
  /** Pictures of a texture folder, [sizePx, sizePx, channels]. */
  readonly textures: readonly Uint8Array[];
  readonly #all: readonly NormalImage[];

  private constructor(made: Pick<NormalImages, "sizePx" | "channels" | "categories" | "textures">) {
    this.sizePx = made.sizePx;
    this.channels = made.channels;
    this.categories = made.categories;
    this.textures = made.textures;
    this.#all = made.categories.flatMap(({ images }) => images);
  }

  /** `part` "held-out" has what "train" leaves; a category of one image has it in both. */
  static async load(options: NormalImagesOptions, part: "train" | "held-out"): Promise<NormalImages> {
    const { data, synthesis, channels, sizePx, maxImages } = options;
    const { categories } = await loadAnomalyTrainData(data, new AbortController().signal);
    const decoded = await Promise.all(
      categories.map(async ({ name, train }) => {
        const chosen = partOf(train, { category: name, part, ...options }).slice(0, maxImages);
        const sources = chosen.map((image) => image.image());
        const [rgb, sizes] = await Promise.all([
          decodeImages(sources, { sizePx }),
          Promise.all(sources.map((source) => imageSize(source))),
        ]);
        const stride = sizePx * sizePx * 3;
        const images = sizes.map(({ width, height }, at) => ({
          ...normalImage(rgb.subarray(at * stride, (at + 1) * stride), sizePx, channels),
          ownPx: Math.max(width, height),
        }));
        return { name, images };
      }),
    );
    const textures =
      synthesis.textureFolder === null ? [] : await texturesIn(synthesis.textureFolder, sizePx, channels);
    return new NormalImages({ sizePx, channels, categories: decoded, textures });
  }

  /** Every image as likely, or every category and then every image of it. */
  pick(rng: Rng, equally: "images" | "categories"): NormalImage {
    return rng.pick(equally === "images" ? this.#all : rng.pick(this.categories).images);
  }
}

function partOf<T>(
  items: readonly T[],
  { category, part, heldOut, seed }: { category: string; part: "train" | "held-out"; heldOut: number; seed: number },
): T[] {
  const numHeldOut = Math.min(items.length - 1, Math.ceil(items.length * heldOut));
  if (numHeldOut === 0) return [...items];
  const order = RngOf.fromSeed(seed)
    .stream(`held-out/${category}`)
    .shuffle([...items.keys()]);
  const held = new Set(order.slice(0, numHeldOut));
  return items.filter((_, at) => held.has(at) === (part === "held-out"));
}

/** From 8-bit RGB [sizePx, sizePx, 3]. The foreground is looked for unless it is not wanted. */
export function normalImage(rgb: Uint8Array, sizePx: number, channels: 1 | 3, findThing = true): NormalImage {
  const count = sizePx * sizePx;
  const luma = new Uint8Array(count);
  let [sum, sumSquares] = [0, 0];
  for (let at = 0, from = 0; at < count; at++, from += 3) {
    const value = 0.299 * rgb[from]! + 0.587 * rgb[from + 1]! + 0.114 * rgb[from + 2]!;
    luma[at] = value + 0.5;
    sum += value;
    sumSquares += value * value;
  }
  const mean = sum / count;
  const deviation = Math.sqrt(Math.max(0, sumSquares / count - mean * mean));
  return {
    pixels: channels === 3 ? rgb.slice() : luma,
    brightness: [mean / 255, deviation / 255],
    foreground: findThing ? thingIn(luma, sizePx) : null,
  };
}

function thingIn(luma: Uint8Array, sizePx: number): Uint8Array | null {
  const grey = Float32Array.from(luma, (value) => value / 255);
  return foregroundMask(grey, { width: sizePx, height: sizePx, growPx: GROW_PX });
}

const IMAGE_EXTENSIONS = new Set([".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp"]);

async function texturesIn(folder: string, sizePx: number, channels: 1 | 3): Promise<Uint8Array[]> {
  const names = await readdir(folder, { recursive: true }).catch((cause) => {
    throw new DataError({
      code: "DATA_PATH_MISSING",
      message: "The folder of textures cannot be read",
      expected: "a readable folder",
      where: folder,
      fix: "Give the path as it is on the worker's machine.",
      cause,
    });
  });
  const files = names.filter((name) => IMAGE_EXTENSIONS.has(extname(name).toLowerCase())).sort();
  if (files.length === 0) {
    throw new DataError({
      code: "DATA_NO_TEXTURES",
      message: "The folder of textures holds no picture",
      expected: [...IMAGE_EXTENSIONS].join(", "),
      got: `${names.length} other files`,
      where: folder,
    });
  }
  const sources = files.map((name): ImageSource => ({ kind: "file", path: join(folder, name) }));
  const rgb = await decodeImages(sources, { sizePx });
  const stride = sizePx * sizePx * 3;
  return files.map((_, at) => normalImage(rgb.subarray(at * stride, (at + 1) * stride), sizePx, channels).pixels);
}
