import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import sharp from "sharp";
import { pack } from "tar-stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { blindCeilings } from "../ceilings.ts";
import { decodeImages } from "../images.ts";
import { cifarQuestionsParams } from "./cifar-questions.ts";
import { cifarQuestionsLoader } from "./cifar-questions-loader.ts";
import { cifarClasses, cifarClassNames } from "./class-questions.ts";

const signal = new AbortController().signal;
const folders: string[] = [];
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true });
});

let jpeg: Buffer;
beforeAll(async () => {
  jpeg = await sharp({ create: { width: 32, height: 32, channels: 3, background: "#4080c0" } })
    .jpeg()
    .toBuffer();
});

type Members = Record<string, Buffer>;

const photos = (count: number): Members =>
  Object.fromEntries(
    cifarClassNames.flatMap((name) => Array.from({ length: count }, (_, i) => [`${name}/000${i}.jpg`, jpeg])),
  );

async function asArchives(train: Members, test: Members = photos(1)): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "retort-cifar-"));
  folders.push(folder);
  for (const [split, members] of Object.entries({ train, test })) {
    const archive = pack();
    for (const [name, bytes] of Object.entries(members)) archive.entry({ name }, bytes);
    archive.finalize();
    await pipeline(archive, createWriteStream(join(folder, `${split}.tar`)));
  }
  return folder;
}

async function asFolders(train: Members, test: Members = photos(1)): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "retort-cifar-"));
  folders.push(folder);
  for (const [split, members] of Object.entries({ train, test })) {
    for (const [name, bytes] of Object.entries(members)) {
      const path = join(folder, split, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, bytes);
    }
  }
  return folder;
}

const load = (path: string, params: object = {}) =>
  cifarQuestionsLoader.load(cifarQuestionsParams.parse({ path, ...params }), signal);
const fingerprint = (path: string, params: object = {}) =>
  cifarQuestionsLoader.fingerprint(cifarQuestionsParams.parse({ path, ...params }));

describe("cifar-questions", () => {
  it("asks six questions about each photograph, answered by its class", async () => {
    const { train, test } = await load(await asArchives(photos(3)));
    expect(train.imageIds).toHaveLength(30);
    expect(test.records).toHaveLength(60);
    for (const { imageId, question, answer } of train.records) {
      const name = train.label!(imageId) as keyof typeof cifarClasses;
      expect(imageId.startsWith(`${name}/`)).toBe(true);
      if (question === "what is in the photo?") expect(answer).toBe(name);
      if (question === "how many legs does it have?") expect(answer).toBe(cifarClasses[name].legs);
      if (question.startsWith("is this")) expect(answer).toBe(question.includes(` ${name}?`) ? "yes" : "no");
      if (question.includes(" or ") && !question.includes("vehicle")) expect(question).toContain(answer);
    }
    expect(train.caption!("airplane/0000.jpg")).toBe("a photo of an airplane");
    const [pixels] = [await decodeImages([train.image("dog/0001.jpg")], { sizePx: 32 })];
    expect(pixels.length).toBe(32 * 32 * 3);
  });

  it("reads a folder for each class as it reads the archives", async () => {
    const [archived, laidOut] = [await load(await asArchives(photos(2))), await load(await asFolders(photos(2)))];
    expect(laidOut.train.records).toEqual(archived.train.records);
    expect(laidOut.train.imageIds).toEqual(archived.train.imageIds);
  });

  it("draws photographs evenly and, for one seed, smaller sets from larger ones", async () => {
    const path = await asArchives(photos(8));
    const drawn = async (numTrainPhotos: number, dataSeed = 1) =>
      (await load(path, { numTrainPhotos, dataSeed })).train.imageIds;
    const [small, large] = [await drawn(20), await drawn(50)];
    for (const name of cifarClassNames) expect(small.filter((id) => id.startsWith(`${name}/`))).toHaveLength(2);
    expect(large).toEqual(expect.arrayContaining([...small]));
    expect(await drawn(20, 2)).not.toEqual(small);
    await expect(drawn(81)).rejects.toMatchObject({ code: "DATA_TOO_FEW_IMAGES" });
  });

  it("keeps a photograph's questions whatever else is drawn, and changes its fingerprint with the draw", async () => {
    const path = await asArchives(photos(4));
    const all = await load(path);
    const some = await load(path, { numTrainPhotos: 10, dataSeed: 3 });
    const ids = new Set(some.train.imageIds);
    expect(some.train.records).toEqual(all.train.records.filter(({ imageId }) => ids.has(imageId)));
    expect(await fingerprint(path)).toBe(await fingerprint(path, { onBadRecord: "skip" }));
    expect(await fingerprint(path, { numTrainPhotos: 10 })).not.toBe(await fingerprint(path));
  });

  it("cannot be answered without looking", async () => {
    const { questionOnly } = blindCeilings(await load(await asArchives(photos(9), photos(9))));
    expect(questionOnly).toBeLessThan(0.65);
  });

  it("names a path that is not there and an archive that is cut short", async () => {
    await expect(load("/nowhere")).rejects.toMatchObject({ code: "DATA_PATH_MISSING", where: "/nowhere" });
    const path = await asArchives(photos(2));
    await truncate(join(path, "train.tar"), (await readFile(join(path, "train.tar"))).length - 3000);
    await expect(load(path)).rejects.toMatchObject({ code: "DATA_CORRUPT_ARCHIVE", where: join(path, "train.tar") });
  });

  it("stops at a file of no class, or skips and lists it", async () => {
    const path = await asArchives({ ...photos(1), "unicorn/1.jpg": jpeg, "README.md": jpeg });
    await expect(load(path)).rejects.toMatchObject({ code: "DATA_BAD_RECORD" });
    const { train, skipped } = await load(path, { onBadRecord: "skip" });
    expect(train.imageIds).toHaveLength(10);
    expect(skipped.map(({ where }) => where.split(", ")[1])).toEqual(["README.md", "unicorn/1.jpg"]);
  });

  it("stops at a truncated photograph when it is decoded, or skips and lists it", async () => {
    const path = await asArchives({ ...photos(2), "cat/0001.jpg": jpeg.subarray(0, jpeg.length / 2) });
    const { train } = await load(path);
    await expect(decodeImages([train.image("cat/0001.jpg")], { sizePx: 32 })).rejects.toMatchObject({
      code: "DATA_CORRUPT_IMAGE",
    });
    const skipping = await load(path, { onBadRecord: "skip" });
    expect(skipping.train.imageIds).not.toContain("cat/0001.jpg");
    expect(skipping.skipped).toHaveLength(1);
    expect(skipping.skipped[0]!.where).toContain("cat/0001.jpg");
    expect(() => train.image("cat/9999.jpg")).toThrow(/no such photograph/);
  });
});
