import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Rng } from "../../base/rng.ts";
import { anomalyDataParams } from "../../data/anomaly/choice.ts";
import { synthesisParams } from "../../data/synthetic/anomaly/synthesis-params.ts";
import { NormalImages } from "./normal-images.ts";
import { validationImages } from "./synthetic-validation.ts";
import { sampleWindow } from "./training-window.ts";
import { windowParams } from "./window-params.ts";

const source = { kind: "industrial", categories: ["bolt", "granite"], imageSizePx: 48, numTrainImages: 6 };
const data = anomalyDataParams.parse({ sources: [source] });
const window = windowParams.parse({ cropPx: 32 });
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "retort-textures-"));
  const white = { create: { width: 20, height: 20, channels: 3, background: "#ffffff" } } as const;
  writeFileSync(join(folder, "white.png"), await sharp(white).png().toBuffer());
});

afterAll(() => rmSync(folder, { recursive: true }));

const load = (more: Record<string, unknown> = {}, part: "train" | "held-out" = "train") =>
  NormalImages.load(
    { data, synthesis: synthesisParams.parse(more), channels: 1, sizePx: 48, heldOut: 0.34, seed: 2 },
    part,
  );

describe("NormalImages", () => {
  it("keeps what validates apart from what trains", async () => {
    const [train, held] = [await load(), await load({}, "held-out")];
    expect(train.categories.map(({ images }) => images.length)).toEqual([3, 3]);
    expect(held.categories.map(({ images }) => images.length)).toEqual([3, 3]);
    const shown = new Set(train.categories.flatMap(({ images }) => images.map(({ pixels }) => pixels.join())));
    for (const { images } of held.categories)
      for (const { pixels } of images) expect(shown.has(pixels.join())).toBe(false);
  });

  it("finds the bolt on its ground and no thing on granite", async () => {
    const { categories } = await load();
    expect(categories.map(({ images }) => images.every(({ foreground }) => foreground !== null))).toEqual([
      true,
      false,
    ]);
  });

  it("reads a folder of textures, and names an empty one", async () => {
    const synthesis = {
      kinds: ["perlin"],
      textures: ["folder"],
      numAugmenters: 0,
      minOpacity: 1,
      cleanShare: 0,
      maxEdgePx: 0,
    };
    const images = await load({ ...synthesis, textureFolder: folder });
    const params = synthesisParams.parse({ ...synthesis, textureFolder: folder });
    for (let at = 0; at < 6; at++) {
      const whole = { ...window, wholeShare: 1, light: 0 };
      const { pixels, mask } = sampleWindow(images, { window: whole, synthesis: params, rng: Rng.fromSeed(at) });
      const inside = [...pixels].filter((_, pixel) => mask[pixel] === 1);
      expect(inside.length).toBeGreaterThan(0);
      expect(Math.min(...inside)).toBe(255);
    }
    const empty = mkdtempSync(join(tmpdir(), "retort-empty-"));
    await expect(load({ ...synthesis, textureFolder: empty })).rejects.toMatchObject({ code: "DATA_NO_TEXTURES" });
    rmSync(empty, { recursive: true });
  });
});

describe("sampleWindow", () => {
  it("depends on the stream alone, and on whole images for brightness", async () => {
    const images = await load();
    const at = (seed: number) =>
      sampleWindow(images, { window, synthesis: synthesisParams.parse({}), rng: Rng.fromSeed(seed) });
    expect(at(5)).toEqual(at(5));
    expect(at(5).pixels).not.toEqual(at(6).pixels);
    const brightness = images.categories.flatMap((category) => category.images.map((image) => image.brightness));
    expect(brightness).toContainEqual(at(5).brightness);
  });
});

describe("whole windows", () => {
  const clean = synthesisParams.parse({ cleanShare: 1 });

  /** Does the picture, [48, 48], hold the window, [32, 32], at some place, mirrored or not? */
  const isCropOf = (window32: Uint8Array, picture: Uint8Array): boolean => {
    const [side, sizePx] = [32, 48];
    const holds = (left: number, top: number, mirrorX: boolean, mirrorY: boolean) => {
      for (let y = 0; y < side; y++) {
        for (let x = 0; x < side; x++) {
          const [fromX, fromY] = [mirrorX ? side - 1 - x : x, mirrorY ? side - 1 - y : y];
          if (window32[y * side + x] !== picture[(top + fromY) * sizePx + left + fromX]) return false;
        }
      }
      return true;
    };
    for (let top = 0; top <= sizePx - side; top++) {
      for (let left = 0; left <= sizePx - side; left++) {
        for (const mirrorX of [false, true]) {
          for (const mirrorY of [false, true]) if (holds(left, top, mirrorX, mirrorY)) return true;
        }
      }
    }
    return false;
  };
  const numCrops = (images: NormalImages, wholeShare: number, count: number) => {
    const params = windowParams.parse({ cropPx: 32, light: 0, wholeShare });
    const pictures = images.categories.flatMap((category) => category.images.map(({ pixels }) => pixels));
    return Array.from({ length: count }, (_, at) => {
      const { pixels } = sampleWindow(images, { window: params, synthesis: clean, rng: Rng.fromSeed(at) });
      return pictures.some((picture) => isCropOf(pixels, picture));
    }).filter(Boolean).length;
  };

  it("are crops of a picture bit by bit, mirrored or not, in the share that is asked for", async () => {
    const images = await load();
    expect(numCrops(images, 1, 24)).toBe(24);
    expect(numCrops(images, 0, 24)).toBe(0);
    const half = numCrops(images, 0.5, 60);
    expect(half).toBeGreaterThan(15);
    expect(half).toBeLessThan(45);
  });

  it("are refused where they are larger than the picture", async () => {
    const images = await load();
    const params = windowParams.parse({ cropPx: 64, wholeShare: 1 });
    expect(() => sampleWindow(images, { window: params, synthesis: clean, rng: Rng.fromSeed(1) })).toThrow(
      expect.objectContaining({ code: "WINDOW_SIZE", where: "window.cropPx" }),
    );
  });
});

describe("validationImages", () => {
  const synthesis = synthesisParams.parse({});

  it("spoils every second image, in one window, and leaves the rest", async () => {
    const held = await load({}, "held-out");
    const made = await validationImages(held, { synthesis, windowPx: 32, zoom: 1, numImages: 4, seed: 1 });
    expect(made.map(({ mask }) => mask.includes(1))).toEqual([false, true, false, true, false, true, false, true]);
    const originals = held.categories.flatMap(({ images }) => images.map(({ pixels }) => pixels.join()));
    expect(originals).toContain(made[0]!.pixels.join());
    expect(originals).not.toContain(made[1]!.pixels.join());
  });

  it("spoils images larger than they are scored, so that a closer look sees what the whole has lost", async () => {
    const held = await load({}, "held-out");
    const made = await validationImages(held, { synthesis, windowPx: 16, zoom: 2, numImages: 8, seed: 1 });
    const originals = held.categories.flatMap(({ images }) => images.map(({ pixels }) => pixels));
    for (const [index, { large, pixels, mask, foreground }] of made.entries()) {
      expect([large.length, pixels.length, mask.length]).toEqual([48 * 48, 24 * 24, 24 * 24]);
      expect(foreground?.length ?? 24 * 24).toBe(24 * 24);
      const original = originals.find((one) => one.join() === large.join());
      expect(original !== undefined).toBe(index % 2 === 0);
      expect(mask.includes(1)).toBe(index % 2 === 1);
      // Enlarged again by repetition, the small image is close to the large one and has lost its detail.
      const far = Array.from(large, (value, at) => {
        const [x, y] = [at % 48, Math.floor(at / 48)];
        return Math.abs(value - pixels[Math.floor(y / 2) * 24 + Math.floor(x / 2)]!);
      });
      expect(far.reduce((sum, value) => sum + value, 0) / far.length).toBeLessThan(24);
      expect(Math.max(...far)).toBeGreaterThan(4);
    }
  });

  it("decodes as many held-out images as are used", async () => {
    const options = { data, synthesis, channels: 1, sizePx: 48, heldOut: 0.34, seed: 2 } as const;
    const [all, some] = [
      await NormalImages.load(options, "held-out"),
      await NormalImages.load({ ...options, maxImages: 2 }, "held-out"),
    ];
    expect(some.categories.map(({ images }) => images)).toEqual(all.categories.map(({ images }) => images.slice(0, 2)));
  });
});
