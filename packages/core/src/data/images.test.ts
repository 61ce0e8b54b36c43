import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DataError } from "../base/errors.ts";
import type { ImageSource } from "./dataset.ts";
import { badImages, decodeImages, encodePng } from "./images.ts";

let folder: string;
let noisePng: Buffer;
let noiseJpeg: Buffer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "retort-images-"));
  const raw = Uint8Array.from({ length: 96 * 96 * 3 }, (_, index) => (index * 7919) % 251);
  const image = sharp(raw, { raw: { width: 96, height: 96, channels: 3 } });
  noisePng = await image.clone().png().toBuffer();
  noiseJpeg = await image.clone().jpeg().toBuffer();
});
afterAll(() => rmSync(folder, { recursive: true }));

async function errorOf(source: ImageSource): Promise<DataError> {
  const error: unknown = await decodeImages([source], { sizePx: 32 }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(DataError);
  return error as DataError;
}

function file(name: string, bytes: Uint8Array): ImageSource {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return { kind: "file", path };
}

describe("decodeImages", () => {
  it("gives pixels of the right size as they are", async () => {
    const data = Uint8Array.from({ length: 2 * 2 * 3 }, (_, index) => index);
    const pixels = await decodeImages([{ kind: "rgb", width: 2, height: 2, data }], { sizePx: 2 });
    expect([...pixels]).toEqual([...data]);
  });

  it("round-trips through PNG", async () => {
    const data = Uint8Array.from({ length: 5 * 5 * 3 }, (_, index) => 3 * index);
    const bytes = await encodePng(data, 5, 5);
    const pixels = await decodeImages([{ kind: "encoded", bytes }], { sizePx: 5 });
    expect([...pixels]).toEqual([...data]);
  });

  it("keeps the order of many images", async () => {
    const sources = Array.from({ length: 40 }, (_, index): ImageSource => {
      const data = new Uint8Array(4 * 4 * 3).fill(index);
      return { kind: "rgb", width: 4, height: 4, data };
    });
    const pixels = await decodeImages(sources, { sizePx: 2 });
    expect(Array.from({ length: 40 }, (_, index) => pixels[index * 12])).toEqual(
      Array.from({ length: 40 }, (_, i) => i),
    );
  });

  it("turns grey, CMYK, 16-bit and transparent images into 8-bit RGB", async () => {
    const color = { r: 200, g: 100, b: 50 };
    const flat = sharp({ create: { width: 8, height: 8, channels: 3, background: color } });
    const variants: [string, Buffer, number[], number][] = [
      ["grey", await flat.clone().greyscale().png().toBuffer(), [123, 123, 123], 6],
      ["16-bit", await flat.clone().toColourspace("rgb16").png().toBuffer(), [200, 100, 50], 1],
      ["cmyk", await flat.clone().toColourspace("cmyk").jpeg().toBuffer(), [200, 100, 50], 25],
      [
        "transparent",
        await sharp({ create: { width: 8, height: 8, channels: 4, background: { ...color, alpha: 0 } } })
          .png()
          .toBuffer(),
        [0, 0, 0],
        0,
      ],
    ];
    for (const [name, bytes, expected, tolerance] of variants) {
      const pixels = await decodeImages([{ kind: "encoded", bytes }], { sizePx: 4 });
      expect(pixels).toHaveLength(4 * 4 * 3);
      expected.forEach((level, channel) => {
        expect(Math.abs(pixels[channel]! - level), `${name} channel ${channel}`).toBeLessThanOrEqual(tolerance);
      });
    }
  });

  it("names a missing file", async () => {
    const path = join(folder, "none.png");
    expect(await errorOf({ kind: "file", path })).toMatchObject({ code: "DATA_MISSING_IMAGE", where: path });
  });

  it("names an empty file", async () => {
    expect(await errorOf(file("empty.png", new Uint8Array()))).toMatchObject({
      code: "DATA_EMPTY_IMAGE",
      got: "0 bytes",
    });
  });

  it.each([
    ["a truncated png", () => file("cut.png", noisePng.subarray(0, noisePng.length >> 1))],
    ["a truncated jpeg", () => file("cut.jpg", noiseJpeg.subarray(0, noiseJpeg.length >> 1))],
    ["text", () => file("text.png", new TextEncoder().encode("not an image"))],
    [
      "flipped bytes in a png",
      () =>
        file(
          "flipped.png",
          noisePng.map((byte, i) => (i > 200 && i < 300 ? ~byte : byte)),
        ),
    ],
    [
      "truncated bytes in memory",
      (): ImageSource => ({ kind: "encoded", bytes: noisePng.subarray(0, 500), label: "row 3" }),
    ],
  ])("refuses %s and names it", async (_, source) => {
    const image = source();
    const error = await errorOf(image);
    expect(error.code).toBe("DATA_CORRUPT_IMAGE");
    expect(error.where).toBe(image.kind === "file" ? image.path : "row 3");
    expect(error.got).toMatch(/^\d+ bytes that sharp refuses: ./);
  });

  it("refuses pixels of another count", async () => {
    const source: ImageSource = { kind: "rgb", width: 4, height: 4, data: new Uint8Array(47), label: "row 9" };
    expect(await errorOf(source)).toMatchObject({ code: "DATA_CORRUPT_IMAGE", got: "47 bytes", where: "row 9" });
  });

  it("stops when it is aborted", async () => {
    const controller = new AbortController();
    controller.abort(new Error("enough"));
    const source: ImageSource = { kind: "encoded", bytes: noisePng };
    await expect(decodeImages([source], { sizePx: 8, signal: controller.signal })).rejects.toThrow("enough");
  });
});

describe("badImages", () => {
  it("lists all bad images in order and spares the good", async () => {
    const good: ImageSource = { kind: "encoded", bytes: noisePng };
    const bad: ImageSource = { kind: "encoded", bytes: noisePng.subarray(0, 100) };
    const found = await badImages([good, bad, good, { kind: "file", path: join(folder, "none.png") }]);
    expect(found.map(({ index, error }) => [index, error.code])).toEqual([
      [1, "DATA_CORRUPT_IMAGE"],
      [3, "DATA_MISSING_IMAGE"],
    ]);
  });
});

describe("pictures of another shape", () => {
  // A red picture twice as wide as high, its left half blue.
  const wide = (): ImageSource => ({
    kind: "rgb",
    width: 8,
    height: 4,
    data: Uint8Array.from({ length: 8 * 4 * 3 }, (_, i) => ((Math.floor(i / 3) % 8 < 4 ? 2 : 0) === i % 3 ? 255 : 0)),
  });
  const rows = async (fit: "stretch" | "pad" | "crop") => {
    const pixels = await decodeImages([wide()], {
      sizePx: 8,
      picture: { fit, kernel: "cubic", background: [9, 8, 7] },
    });
    return [0, 4, 7].map((y) => [0, 7].map((x) => [...pixels.subarray((y * 8 + x) * 3, (y * 8 + x) * 3 + 3)]));
  };
  const [blue, red, background] = [
    [0, 0, 255],
    [255, 0, 0],
    [9, 8, 7],
  ];

  it("are stretched, padded with the background to a square, or cropped to their middle", async () => {
    expect(await rows("stretch")).toEqual([
      [blue, red],
      [blue, red],
      [blue, red],
    ]);
    expect(await rows("pad")).toEqual([
      [background, background],
      [blue, red],
      [background, background],
    ]);
    expect((await rows("crop"))[0]).toEqual([blue, red]);
  });
});
