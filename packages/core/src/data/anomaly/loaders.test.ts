import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { encode } from "bmp-ts";
import sharp from "sharp";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { hasShared, sharedPath } from "../../../../../scripts/shared.mjs";
import { SpecError } from "../../base/errors.ts";
import { BadRecords } from "../bad-records.ts";
import { decodeImages } from "../images.ts";
import { fingerprintDataset } from "../loaders.ts";
import { isAnomalous } from "./anomaly-data.ts";
import { anomalyDataParams, anomalyDataReference } from "./choice.ts";
import { loadAnomalyData, loadAnomalyTrainData } from "./loaders.ts";
import { decodeMask } from "./masks.ts";
import { parseVisaTable } from "./visa-loader.ts";

const signal = new AbortController().signal;
let folder: string;
let root: string;
let number = 0;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "retort-anomaly-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function put(path: string, fill: number, options: { size?: number; square?: boolean } = {}): Promise<void> {
  const { size = 16, square = false } = options;
  // Each picture has its own content: what is equal is a copy.
  const data = Uint8Array.from({ length: size * size }, (_, at) => (square ? Number(at < 8) * 255 : (fill + at) % 251));
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(
    join(root, path),
    await sharp(data, { raw: { width: size, height: size, channels: 1 } })
      .png()
      .toBuffer(),
  );
}

/** A complete category: 4 train, 2 good and 2 cracked test pictures. */
async function putCategory(name: string, at: number): Promise<void> {
  for (let index = 0; index < 4; index++) await put(`${name}/train/good/${index}.png`, at + index);
  for (let index = 0; index < 2; index++) {
    await put(`${name}/test/good/${index}.png`, at + 10 + index);
    await put(`${name}/test/crack/${index}.png`, at + 20 + index);
    await put(`${name}/ground_truth/crack/${index}_mask.png`, 0, { square: true });
  }
}

beforeEach(async () => {
  root = join(folder, String(number++));
  await putCategory("cup", 0);
});

const params = (more: Record<string, unknown> = {}, kind = "mvtec-layout") =>
  anomalyDataParams.parse({ sources: [{ kind, root }], ...more });

const load = (more: Record<string, unknown> = {}) => loadAnomalyData(params(more), signal);

async function codes(more: Record<string, unknown> = {}) {
  const error: unknown = await load(more).catch((reason: unknown) => reason);
  const { skipped } = await load({ ...more, onBadRecord: "skip" });
  return { error, skipped: skipped.map(({ code, where }) => ({ code, where: where.replace(`${root}/`, "") })) };
}

describe("a folder in MVTec layout", () => {
  it("is read by category, with masks and captions", async () => {
    await putCategory("old_plate", 100);
    const { categories, skipped } = await load();
    expect(categories.map(({ name }) => name)).toEqual(["cup", "old_plate"]);
    const [, plate] = categories;
    expect(plate!.train.map(({ imageId }) => imageId)).toEqual(
      [0, 1, 2, 3].map((index) => `old_plate/train/good/${index}`),
    );
    expect(plate!.test.map(isAnomalous)).toEqual([true, true, false, false]);
    expect(plate!.test[0]).toMatchObject({
      imageId: "old_plate/test/crack/0",
      caption: "a photo of an old plate with crack",
      defect: "crack",
      width: 16,
      height: 16,
    });
    expect(plate!.test[2]!.mask()).toBeNull();
    const mask = await decodeMask(plate!.test[0]!.mask()!);
    expect([...mask.data].slice(0, 10)).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 0, 0]);
    expect(skipped).toEqual([]);
  });

  it("may be one category itself, and joins others", async () => {
    await putCategory("plate", 100);
    const sources = [
      { kind: "mvtec-layout", root: join(root, "plate") },
      { kind: "mvtec-layout", root, categories: ["cup"] },
      { kind: "industrial", numTrainImages: 2, numTestGood: 1, numTestAnomalous: 1 },
    ];
    const { categories } = await loadAnomalyData(anomalyDataParams.parse({ sources }), signal);
    expect(categories.map(({ name }) => name)).toEqual(["plate", "cup", "woven-fabric", "perforated-metal"]);
    const twice = anomalyDataParams.parse({ sources: [sources[0], { kind: "mvtec-layout", root }] });
    await expect(loadAnomalyData(twice, signal)).rejects.toMatchObject({ code: "DATA_SAME_CATEGORY" });
  });

  it("says what is missing", async () => {
    const at = (place: Record<string, unknown>) =>
      loadAnomalyData(anomalyDataParams.parse({ sources: [{ kind: "mvtec-layout", ...place }] }), signal);
    await expect(at({ root: join(root, "none") })).rejects.toMatchObject({ code: "DATA_PATH_MISSING" });
    await expect(at({ root: join(root, "cup", "test", "good") })).rejects.toMatchObject({ code: "DATA_NO_CATEGORY" });
    await expect(at({ root, categories: ["mug"] })).rejects.toThrow(/one of cup.*mug/);
  });

  it("has a fingerprint that follows masks and pictures", async () => {
    const fingerprint = () => fingerprintDataset(anomalyDataReference(params()));
    const before = await fingerprint();
    expect(await fingerprint()).toBe(before);
    const other = Uint8Array.from({ length: 256 }, (_, at) => Number(at >= 248) * 255);
    writeFileSync(
      join(root, "cup/ground_truth/crack/0_mask.png"),
      await sharp(other, { raw: { width: 16, height: 16, channels: 1 } })
        .png()
        .toBuffer(),
    );
    const corrected = await fingerprint();
    expect(corrected).not.toBe(before);
    await put("cup/train/good/9.png", 77);
    expect(await fingerprint()).not.toBe(corrected);
    await expect(fingerprintDataset({ adapter: "anomaly", params: { sources: [] } })).rejects.toThrow(SpecError);
  });
});

describe("bad data is named, typed and listed", () => {
  it.each([
    [
      "a mask of another size",
      "DATA_MASK_SIZE",
      () => put("cup/ground_truth/crack/0_mask.png", 0, { size: 8, square: true }),
      "cup/ground_truth/crack/0_mask.png",
    ],
    [
      "a mask for a good picture",
      "DATA_MASK_FOR_GOOD",
      () => put("cup/ground_truth/good/0_mask.png", 0, { square: true }),
      "cup/ground_truth/good/0_mask.png",
    ],
    [
      "a missing mask",
      "DATA_MISSING_MASK",
      () => rmSync(join(root, "cup/ground_truth/crack/0_mask.png")),
      "cup/test/crack/0.png",
    ],
    [
      "a missing picture",
      "DATA_MASK_WITHOUT_IMAGE",
      () => rmSync(join(root, "cup/test/crack/0.png")),
      "cup/ground_truth/crack/0_mask.png",
    ],
    [
      "a truncated mask",
      "DATA_CORRUPT_MASK",
      () => writeFileSync(join(root, "cup/ground_truth/crack/0_mask.png"), "PNG"),
      "cup/ground_truth/crack/0_mask.png",
    ],
    ["a copy of a test picture", "DATA_TEST_IN_TRAIN", () => put("cup/train/good/9.png", 10), "cup/train/good/9.png"],
    [
      "a text among pictures",
      "DATA_NOT_AN_IMAGE",
      () => writeFileSync(join(root, "cup/test/good/notes.txt"), "x"),
      "cup/test/good/notes.txt",
    ],
    ["two pictures of one name", "DATA_SAME_NAME", () => put("cup/test/crack/0.webp", 99), "cup/test/crack/0.webp"],
  ] as const)("%s: %s", async (_, code, harm, where) => {
    await harm();
    const { error, skipped } = await codes();
    expect(error).toMatchObject({ name: "DataError", code, where: join(root, where) });
    expect(skipped).toEqual([{ code, where }]);
  });

  it("an empty mask of a defect is a fault, one of a good picture is not", async () => {
    const black = await sharp({ create: { width: 16, height: 16, channels: 3, background: "black" } })
      .png()
      .toBuffer();
    mkdirSync(join(root, "cup/ground_truth/good"));
    writeFileSync(join(root, "cup/ground_truth/good/0_mask.png"), black);
    expect((await load()).categories[0]!.test).toHaveLength(4);
    writeFileSync(join(root, "cup/ground_truth/crack/1_mask.png"), black);
    expect((await codes()).skipped).toEqual([{ code: "DATA_EMPTY_MASK", where: "cup/ground_truth/crack/1_mask.png" }]);
  });

  it("truncated pictures are found when the user chose to skip them", async () => {
    writeFileSync(join(root, "cup/train/good/0.png"), "no picture");
    writeFileSync(join(root, "cup/test/good/0.png"), "");
    // Without the choice, the first one that is opened stops the load.
    await expect(load()).rejects.toMatchObject({ code: "DATA_EMPTY_IMAGE" });
    const { categories, skipped } = await load({ onBadRecord: "skip" });
    expect(skipped.map(({ code }) => code)).toEqual(["DATA_CORRUPT_IMAGE", "DATA_EMPTY_IMAGE"]);
    expect([categories[0]!.train.length, categories[0]!.test.length]).toEqual([3, 3]);
  });

  it("categories without train pictures or without both kinds of test pictures", async () => {
    await putCategory("plate", 100);
    rmSync(join(root, "plate/test/crack"), { recursive: true });
    rmSync(join(root, "plate/ground_truth"), { recursive: true });
    expect((await codes()).skipped).toEqual([{ code: "DATA_ALL_NORMAL_TEST", where: "plate" }]);
    rmSync(join(root, "plate/train/good"), { recursive: true });
    expect((await codes()).skipped.map(({ code }) => code)).toEqual(["DATA_EMPTY_CATEGORY", "DATA_ALL_NORMAL_TEST"]);
    expect((await load({ onBadRecord: "skip" })).categories.map(({ name }) => name)).toEqual(["cup"]);
    rmSync(join(root, "cup/test/good"), { recursive: true });
    await expect(load({ onBadRecord: "skip" })).rejects.toMatchObject({ code: "DATA_EMPTY" });
  });
});

describe("few data", () => {
  it("is chosen by seed, a smaller choice being part of a larger one", async () => {
    const ids = async (few: Record<string, unknown>) =>
      (await loadAnomalyTrainData(params({ few }), signal)).categories[0]!.train.map(({ imageId }) => imageId);
    expect(await ids({})).toHaveLength(4);
    const two = await ids({ maxImages: 2, seed: 3 });
    expect(two).toHaveLength(2);
    expect(await ids({ percent: 50, seed: 3 })).toEqual(two);
    expect(two).toEqual(expect.arrayContaining(await ids({ maxImages: 1, seed: 3 })));
    const choices = await Promise.all([0, 1, 2, 3, 4, 5].map((seed) => ids({ maxImages: 2, seed })));
    expect(new Set(choices.map(String)).size).toBeGreaterThan(1);
    expect(await ids({ percent: 1 })).toHaveLength(1);
  });
});

describe("the generated set", () => {
  it("needs nothing and is the same every time", async () => {
    const few = anomalyDataParams.parse({
      sources: [{ kind: "industrial", imageSizePx: 48, numTrainImages: 2, numTestGood: 1, numTestAnomalous: 4 }],
    });
    const { categories } = await loadAnomalyData(few, signal);
    expect(categories.map(({ test }) => test.map(({ defect }) => defect))).toEqual(
      Array(2).fill(["good", "scratch", "spot", "stain", "missing-part"]),
    );
    const [fabric] = categories;
    const [again] = (await loadAnomalyData(few, signal)).categories;
    expect(fabric!.test[1]!.image()).toEqual(again!.test[1]!.image());
    expect(fabric!.test[1]!.mask()).toEqual(again!.test[1]!.mask());
    expect(fabric!.train[0]!.image()).not.toEqual(fabric!.train[1]!.image());
    const { data } = await decodeMask(fabric!.test[1]!.mask()!);
    expect(data.includes(1) && data.includes(0)).toBe(true);
    expect(await fingerprintDataset(anomalyDataReference(few))).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe("a folder in BTAD layout", () => {
  it("says ok and ko, and comes as BMP", async () => {
    const folders = { "train/ok": 3, "test/ok": 2, "test/ko": 2, "ground_truth/ko": 2 };
    for (const [place, count] of Object.entries(folders)) {
      for (let index = 0; index < count; index++) {
        const path = join(root, "01", place, `${index}.bmp`);
        mkdirSync(dirname(path), { recursive: true });
        const level = place.startsWith("ground") ? 255 : 40 * index + place.length;
        // Blue, green, red and an unused byte for each of 4 x 2 pixels.
        const data = Buffer.from(Array.from({ length: 8 }, () => [0, level, level, 0]).flat());
        writeFileSync(path, encode({ data, width: 4, height: 2, bitPP: 24 }).data);
      }
    }
    const { categories } = await loadAnomalyData(
      anomalyDataParams.parse({ sources: [{ kind: "btad-layout", root, categories: ["01"] }] }),
      signal,
    );
    const [{ train, test }] = categories as [(typeof categories)[number]];
    expect([train.length, test.map(({ defect }) => defect)]).toEqual([3, ["ko", "ko", "good", "good"]]);
    expect(test[0]).toMatchObject({ width: 4, height: 2 });
    expect([...(await decodeMask(test[0]!.mask()!)).data]).toEqual(Array(8).fill(1));
    expect([...(await decodeImages([train[1]!.image()], { sizePx: 2, widthPx: 4 })).subarray(0, 3)]).not.toEqual([
      0, 0, 0,
    ]);
    writeFileSync(join(root, "01/train/ok/0.bmp"), readFileSync(join(root, "01/train/ok/1.bmp")).subarray(0, 60));
    await expect(decodeImages([train[0]!.image()], { sizePx: 2 })).rejects.toMatchObject({
      code: "DATA_CORRUPT_IMAGE",
    });
  });
});

describe("masks", () => {
  const one = (pixels: ArrayLike<number>, options: { channels: 1 | 3 | 4; depth?: "ushort" }) => {
    const { channels, depth } = options;
    const data = depth === "ushort" ? Uint16Array.from(pixels) : Uint8Array.from(pixels);
    return sharp(data, { raw: { width: 2, height: 1, channels } });
  };
  const decoded = async (image: sharp.Sharp) => {
    const { data } = await decodeMask({ kind: "encoded", bytes: await image.png().toBuffer() });
    return [...data];
  };

  it("count every colour but black, also class numbers, 16 bits and palettes; transparency does not count", async () => {
    expect(await decoded(one([0, 3], { channels: 1 }))).toEqual([0, 1]);
    expect(await decoded(one([0, 0, 1, 0, 0, 0], { channels: 3 }))).toEqual([1, 0]);
    expect(await decoded(one([0, 0, 0, 255, 9, 0, 0, 0], { channels: 4 }))).toEqual([0, 1]);
    expect(await decoded(one([0, 2], { channels: 1, depth: "ushort" }).toColourspace("grey16"))).toEqual([0, 1]);
    const palette = await one([0, 0, 0, 200, 10, 10], { channels: 3 }).png({ palette: true }).toBuffer();
    expect([...(await decodeMask({ kind: "encoded", bytes: palette })).data]).toEqual([0, 1]);
  });
});

describe("VisA", () => {
  it("is read by its split tables", async () => {
    const rows = [
      "candle,train,normal,candle/Data/Images/Normal/0.JPG,",
      "candle,train,normal,candle/Data/Images/Normal/1.JPG,",
      "candle,test,normal,candle/Data/Images/Normal/2.JPG,",
      "candle,test,anomaly,candle/Data/Images/Anomaly/0.JPG,candle/Data/Masks/Anomaly/0.png",
      "candle,train,anomaly,candle/Data/Images/Anomaly/1.JPG,candle/Data/Masks/Anomaly/1.png",
    ];
    const table = join(root, "split_csv", "1cls.csv");
    const write = (more: string[] = []) => {
      mkdirSync(dirname(table), { recursive: true });
      writeFileSync(table, ["object,split,label,image,mask", ...rows, ...more].join("\n"));
    };
    write();
    for (const [index, row] of rows.entries()) {
      const [, , , image, mask] = row.split(",");
      await put(image!, index);
      if (mask) await put(mask, 0, { square: true });
    }
    const visa = (more: Record<string, unknown> = {}) => loadAnomalyData(params(more, "visa"), signal);
    const { categories } = await visa();
    expect(categories.map(({ name, train, test }) => [name, train.length, test.map(({ defect }) => defect)])).toEqual([
      ["candle", 2, ["good", "bad"]],
    ]);
    write([
      "candle,test,normal,candle/Data/Images/Normal/2.JPG,mask.png",
      "candle,test,normal,nowhere.JPG,",
      "x,y,z,,",
    ]);
    const { skipped } = await visa({ onBadRecord: "skip" });
    expect(skipped.map(({ code }) => code)).toEqual(["DATA_MASK_FOR_GOOD", "DATA_BAD_RECORD", "DATA_MISSING_IMAGE"]);
    expect(skipped[0]!.where).toContain("row 7");
  });
});

describe.runIf(hasShared)("public data", () => {
  it("VisA's tables have the published counts", () => {
    const counts = (name: string) => {
      const bad = new BadRecords("error");
      const path = sharedPath("data", "visa", `${name}.csv`);
      const rows = parseVisaTable(readFileSync(path, "utf8"), { where: path, bad });
      return ["train normal", "train anomaly", "test normal", "test anomaly"].map(
        (kind) => rows.filter(({ row }) => `${row.split} ${row.label}` === kind).length,
      );
    };
    expect(counts("1cls")).toEqual([8659, 0, 962, 1200]);
    expect(counts("2cls_fewshot")).toEqual([1924, 240, 7697, 960]);
    expect(counts("2cls_highshot")).toEqual([5773, 720, 3848, 480]);
  });

  it("screw and magnetic tile become one set", async () => {
    const both = anomalyDataParams.parse({
      sources: [
        { kind: "mvtec-layout", root: sharedPath("data", "mvtec") },
        { kind: "mvtec-layout", root: sharedPath("data", "magnetic-tile") },
      ],
    });
    const { categories } = await loadAnomalyData(both, signal);
    expect(
      categories.map(({ name, train, test }) => [name, train.length, test.filter(isAnomalous).length, test.length]),
    ).toEqual([
      ["screw", 320, 119, 160],
      ["magnetic-tile", 761, 387, 578],
    ]);
  });
});
