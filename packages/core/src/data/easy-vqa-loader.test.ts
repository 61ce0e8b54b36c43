import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hasShared, sharedPath } from "../../../../scripts/shared.mjs";
import { DataError } from "../base/errors.ts";
import { blindCeilings } from "./ceilings.ts";
import { easyVqaParams } from "./easy-vqa.ts";
import { easyVqaLoader } from "./easy-vqa-loader.ts";
import { decodeImages } from "./images.ts";

const signal = new AbortController().signal;
const paramsFor = (path: string, onBadRecord: "error" | "skip" = "error") => easyVqaParams.parse({ path, onBadRecord });

async function failure(promise: Promise<unknown>): Promise<DataError> {
  const error = await promise.then(
    () => new Error("nothing was refused"),
    (reason: unknown) => reason,
  );
  if (error instanceof DataError) return error;
  throw error;
}

describe("the easy-VQA layout", () => {
  let root: string;

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), "retort-easy-vqa-"));
    for (const split of ["train", "test"]) {
      mkdirSync(join(root, split, "images"), { recursive: true });
      for (const id of [0, 1, 2]) {
        const color = { r: 100 * id, g: 50, b: 200 };
        await sharp({ create: { width: 64, height: 64, channels: 3, background: color } })
          .png()
          .toFile(join(root, split, "images", `${id}.png`));
      }
      writeQuestions(split, [
        ["what is the blue shape?", "rectangle", 0],
        ["is there a red shape?", "no", 1],
        ["is there a red shape?", "yes", 2],
      ]);
    }
  });
  afterEach(() => rmSync(root, { recursive: true }));

  function writeQuestions(split: string, rows: unknown) {
    writeFileSync(join(root, split, "questions.json"), JSON.stringify(rows));
  }

  it("reads records, images and answer types", async () => {
    const data = await easyVqaLoader.load(paramsFor(root), signal);
    expect(data.train.records).toEqual([
      {
        questionId: "0",
        imageId: "0",
        question: "what is the blue shape?",
        answers: ["rectangle"],
        answer: "rectangle",
        answerType: "other",
      },
      {
        questionId: "1",
        imageId: "1",
        question: "is there a red shape?",
        answers: ["no"],
        answer: "no",
        answerType: "yes/no",
      },
      {
        questionId: "2",
        imageId: "2",
        question: "is there a red shape?",
        answers: ["yes"],
        answer: "yes",
        answerType: "yes/no",
      },
    ]);
    expect(data.test.imageIds).toEqual(["0", "1", "2"]);
    expect(data.train.imageIds.map(data.train.caption!)).toEqual(["a blue rectangle", "a shape", "a red shape"]);
    expect(data.skipped).toEqual([]);
    const pixels = await decodeImages([data.train.image("2")], { sizePx: 8 });
    expect([...pixels.slice(0, 3)]).toEqual([200, 50, 200]);
  });

  it("has a fingerprint of the content, wherever the folder lies", async () => {
    const before = await easyVqaLoader.fingerprint(paramsFor(root));
    expect((await easyVqaLoader.load(paramsFor(root), signal)).fingerprint).toBe(before);
    copyFileSync(join(root, "train", "images", "0.png"), join(root, "train", "images", "3.png"));
    const withImage = await easyVqaLoader.fingerprint(paramsFor(root));
    writeQuestions("test", [["is there a red shape?", "no", 1]]);
    const withQuestions = await easyVqaLoader.fingerprint(paramsFor(root));
    expect(new Set([before, withImage, withQuestions]).size).toBe(3);
  });

  it.each([
    ["a question without an answer", ["is it red?", "", 0], "DATA_NO_ANSWER"],
    ["a null answer", ["is it red?", null, 0], "DATA_NO_ANSWER"],
    ["a record without answer and image", ["is it red?"], "DATA_NO_ANSWER"],
    ["an unknown image", ["is it red?", "no", 99], "DATA_UNKNOWN_IMAGE"],
    ["an empty question", [" ", "no", 0], "DATA_BAD_RECORD"],
    ["a record of another form", { question: "is it red?" }, "DATA_BAD_RECORD"],
    ["an image id that is no whole number", ["is it red?", "no", 0.5], "DATA_BAD_RECORD"],
  ])("refuses %s, or skips and lists it", async (_, row, code) => {
    writeQuestions("train", [["what is the blue shape?", "rectangle", 0], row]);
    const error = await failure(easyVqaLoader.load(paramsFor(root), signal));
    expect(error).toMatchObject({ code, where: `${join(root, "train", "questions.json")}, record 1` });
    expect(error.expected).toBeTruthy();
    expect(error.got).toBeTruthy();
    expect(error.fix).toContain("skip");

    const data = await easyVqaLoader.load(paramsFor(root, "skip"), signal);
    expect(data.train.records).toHaveLength(1);
    expect(data.skipped).toMatchObject([{ code, where: `${join(root, "train", "questions.json")}, record 1` }]);
  });

  it("names a missing folder and a missing file", async () => {
    const gone = await failure(easyVqaLoader.fingerprint(paramsFor(join(root, "nowhere"))));
    expect(gone).toMatchObject({ code: "DATA_PATH_MISSING", got: "nothing there" });
    expect(gone.where).toContain("nowhere");
    rmSync(join(root, "test", "questions.json"));
    const file = await failure(easyVqaLoader.load(paramsFor(root), signal));
    expect(file).toMatchObject({ code: "DATA_PATH_MISSING", where: join(root, "test", "questions.json") });
  });

  it("names unreadable JSON, also in skip mode", async () => {
    const path = join(root, "train", "questions.json");
    truncateSync(path, 20);
    expect(await failure(easyVqaLoader.load(paramsFor(root, "skip"), signal))).toMatchObject({
      code: "DATA_UNREADABLE_JSON",
      where: path,
    });
    writeQuestions("train", { questions: [] });
    expect(await failure(easyVqaLoader.load(paramsFor(root), signal))).toMatchObject({
      code: "DATA_UNREADABLE_JSON",
      got: "object",
    });
  });

  it("refuses an empty split, and one that skipping has emptied", async () => {
    writeQuestions("test", []);
    expect(await failure(easyVqaLoader.load(paramsFor(root), signal))).toMatchObject({
      code: "DATA_EMPTY",
      got: "none",
    });
    writeQuestions("test", [["is it red?", "", 0]]);
    const emptied = await failure(easyVqaLoader.load(paramsFor(root, "skip"), signal));
    expect(emptied).toMatchObject({ code: "DATA_EMPTY", got: "none (1 records were skipped)" });
  });

  it("names corrupt images when they are decoded, or skips them with their questions and lists both", async () => {
    const truncated = join(root, "train", "images", "1.png");
    truncateSync(truncated, 60);
    writeFileSync(join(root, "train", "images", "2.png"), "");
    const data = await easyVqaLoader.load(paramsFor(root), signal);
    const error = await failure(decodeImages([data.train.image("1")], { sizePx: 64 }));
    expect(error).toMatchObject({ code: "DATA_CORRUPT_IMAGE", where: `${truncated} (image 1 of the train split)` });

    const skipping = await easyVqaLoader.load(paramsFor(root, "skip"), signal);
    expect(skipping.train.imageIds).toEqual(["0"]);
    expect(skipping.skipped.map(({ code }) => code)).toEqual([
      "DATA_CORRUPT_IMAGE",
      "DATA_EMPTY_IMAGE",
      "DATA_CORRUPT_IMAGE",
      "DATA_CORRUPT_IMAGE",
    ]);
  });
});

describe.skipIf(!hasShared)("the published easy-VQA", () => {
  const path = sharedPath("data", "easy-vqa");

  it("has the published counts, and the ceilings that were measured elsewhere", async () => {
    const data = await easyVqaLoader.load(paramsFor(path), signal);
    expect([data.train.records.length, data.test.records.length]).toEqual([38575, 9673]);
    expect([data.train.imageIds.length, data.test.imageIds.length]).toEqual([4000, 1000]);
    const answers = new Set(data.train.records.map(({ answer }) => answer));
    expect(answers).toEqual(new Set(readFileSync(join(path, "answers.txt"), "utf8").trim().split("\n")));
    const ceilings = blindCeilings(data);
    expect(ceilings.majority).toBe(3611 / 9673);
    expect(ceilings.questionOnlyFromTrain).toBeCloseTo(0.67, 4);
    expect(ceilings.numQuestionTexts).toBe(107);
  });

  it("decodes to 64 x 64 RGB", async () => {
    const { test } = await easyVqaLoader.load(paramsFor(path), signal);
    const pixels = await decodeImages(test.imageIds.slice(0, 20).map(test.image), { sizePx: 64 });
    expect(pixels).toHaveLength(20 * 64 * 64 * 3);
    const own = await sharp(join(path, "test", "images", "7.png"))
      .removeAlpha()
      .raw()
      .toBuffer();
    expect(Buffer.from(pixels.subarray(7 * 64 * 64 * 3, 8 * 64 * 64 * 3)).equals(own)).toBe(true);
  });
});
