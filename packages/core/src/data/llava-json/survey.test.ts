import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasShared, sharedPath } from "../../../../../scripts/shared.mjs";
import { WordTokenizer } from "../tokenizers/word.ts";
import { ConversationFile } from "./conversation-file.ts";
import { llavaJsonParams } from "./params.ts";
import { recordSpans } from "./record-offsets.ts";
import { type SurveyOptions, surveyConversations } from "./survey.ts";

let dir: string;
const at = (name: string) => join(dir, name);
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "retort-llava-json-"));
  await sharp({ create: { width: 40, height: 30, channels: 3, background: "#0a0" } })
    .jpeg()
    .toFile(at("ok.jpg"));
  const bytes = readFileSync(at("ok.jpg"));
  writeFileSync(at("cut.jpg"), bytes.subarray(0, bytes.length / 2));
});
afterAll(() => rmSync(dir, { recursive: true }));

const tokenizer = WordTokenizer.fromTexts(["what is it ? a cat or dog why"]);
const turn = (question: string, answer: string) => [
  { from: "human", value: question },
  { from: "gpt", value: answer },
];
const file = (index: number) => `${at("data.json")}, record ${index}`;
const good = { id: "good", image: "ok.jpg", conversations: turn("<image>\nWhat is it?", "a cat") };

function survey(records: unknown[], more: { params?: object } & Partial<Omit<SurveyOptions, "params">> = {}) {
  writeFileSync(at("data.json"), JSON.stringify(records));
  const params = llavaJsonParams.parse({ path: at("data.json"), images: dir, ...more.params });
  return surveyConversations({
    tokenizer,
    template: "bare",
    numImageTokens: 4,
    numTokens: 16,
    imagesPerRow: 1,
    onTooLong: "error",
    signal: new AbortController().signal,
    progress: () => {},
    ...more,
    params,
  });
}

describe("conversations in LLaVA's JSON", () => {
  it("keeps four numbers of each: several turns, text alone, several pictures", async () => {
    const several = { id: 7, image: ["ok.jpg", "ok.jpg"], conversations: turn("<image><image>Why?", "dog") };
    const textOnly = { id: "t", conversations: [...turn("What?", "a"), ...turn("Why?", "cat or dog")] };
    const found = await survey([good, textOnly, several], { imagesPerRow: 2 });
    expect([...found.lengths]).toEqual([4 + 4 + 3, 2 + 2 + 2 + 4, 8 + 2 + 2]);
    expect([...found.images]).toEqual([1, 0, 2]);
    expect([...found.records]).toEqual([0, 1, 2]);
    const file = await ConversationFile.open(at("data.json"), dir);
    const read = await file.read({ start: found.spans[4]!, end: found.spans[5]! }, 2);
    expect(read).toMatchObject({
      id: "7",
      images: ["ok.jpg", "ok.jpg"],
      turns: [{ question: "<image><image>Why?", answer: "dog" }],
    });
    await file.close();
  });

  it.each([
    ["a marker without a picture", { ...good, image: undefined }, "DATA_IMAGE_MARKERS"],
    ["a picture without a marker", { ...good, conversations: turn("What is it?", "a cat") }, "DATA_IMAGE_MARKERS"],
    [
      "two markers for one picture",
      { ...good, conversations: turn("<image><image>What?", "a cat") },
      "DATA_IMAGE_MARKERS",
    ],
    ["a marker in an answer", { ...good, conversations: turn("<image>", "a <image>") }, "DATA_IMAGE_MARKERS"],
    ["an empty answer", { ...good, conversations: turn("<image>What?", " ") }, "DATA_EMPTY_ANSWER"],
    [
      "two questions in a row",
      { ...good, conversations: [...turn("<image>What?", "cat"), { from: "human", value: "why?" }] },
      "DATA_ROLES",
    ],
    ["no conversation", { id: "x", image: "ok.jpg" }, "DATA_BAD_RECORD"],
    ["a missing picture", { ...good, image: "gone.jpg" }, "DATA_MISSING_IMAGE"],
    ["a truncated picture", { ...good, image: "cut.jpg" }, "DATA_CORRUPT_IMAGE"],
  ])("refuses %s, or skips and lists it", async (_, record, code) => {
    // A look whether the file is there cannot find what is wrong inside it.
    const checkImages = code === "DATA_CORRUPT_IMAGE" ? "decode" : "exist";
    await expect(survey([good, record], { params: { checkImages } })).rejects.toMatchObject({
      code,
      fix: expect.any(String),
    });
    for (const checkImages of ["exist", "decode"]) {
      const found = await survey([good, record], { params: { checkImages, onBadRecord: "skip" } });
      expect([...found.records]).toEqual([0]);
      expect(found.skipped).toMatchObject([{ code, reason: expect.any(String) }]);
    }
  });

  it("skips what no cut can save where bad records are skipped, and stops where they are not", async () => {
    const why = "why ? why ? why ? why ? why ? why ? why ? why ?";
    const unlearnable = { id: "unlearnable", conversations: turn(why, "a cat") };
    const album = { id: "album", image: ["ok.jpg", "ok.jpg"], conversations: turn("<image><image>", "a cat") };
    const records = [good, unlearnable, album];
    for (const record of [unlearnable, album]) {
      await expect(survey([good, record], { onTooLong: "cut" })).rejects.toMatchObject({
        code: "DATA_TOO_LONG",
        fix: expect.stringContaining('onBadRecord to "skip"'),
      });
    }
    const params = { onBadRecord: "skip" };
    const found = await survey(records, { onTooLong: "cut", params });
    expect([...found.records]).toEqual([0]);
    expect(found.skipped).toMatchObject([1, 2].map((index) => ({ code: "DATA_TOO_LONG", where: file(index) })));
    // Whoever wants long ones to stop the stage still stops there.
    await expect(survey(records, { onTooLong: "error", params })).rejects.toMatchObject({ code: "DATA_TOO_LONG" });
  });

  it("stops at, skips or cuts what is longer than a row, as the user chose", async () => {
    const long = {
      id: "long",
      conversations: [...turn("What is it?", "a cat"), ...turn("Why?", "a cat or a dog or a cat or a dog")],
    };
    await expect(survey([good, long])).rejects.toMatchObject({
      code: "DATA_TOO_LONG",
      got: expect.stringContaining("tokens"),
    });
    const skipped = await survey([good, long], { onTooLong: "skip" });
    expect([...skipped.records]).toEqual([0]);
    expect(skipped.skipped).toMatchObject([{ code: "DATA_TOO_LONG" }]);
    const cut = await survey([good, long], { onTooLong: "cut" });
    expect([cut.numCut, ...cut.lengths]).toEqual([1, 11, 16]);
    // Nothing would be left to learn.
    await expect(survey([good], { onTooLong: "cut", numTokens: 8 })).rejects.toMatchObject({ code: "DATA_TOO_LONG" });
    await expect(
      survey([{ ...good, image: ["ok.jpg", "ok.jpg"], conversations: turn("<image><image>", "a cat") }]),
    ).rejects.toThrow(/fit a row/);
  });

  it("names a file that is missing, empty or ends inside a record", async () => {
    await expect(survey([])).rejects.toMatchObject({ code: "DATA_EMPTY" });
    const params = llavaJsonParams.parse({ path: at("gone.json"), images: dir });
    await expect(surveyConversations({ ...optionsOf(), params })).rejects.toMatchObject({ code: "DATA_PATH_MISSING" });
    writeFileSync(at("cut.json"), JSON.stringify([good, good]).slice(0, -20));
    await expect(
      surveyConversations({ ...optionsOf(), params: { ...params, path: at("cut.json") } }),
    ).rejects.toMatchObject({ code: "DATA_UNREADABLE_JSON" });
  });

  it("finds records in JSON lines as in an array, whatever stands in their texts", async () => {
    const records = [
      { id: "a", conversations: turn('{"[\\" }', "]}{") },
      { id: "b", nested: [{ deep: [{}] }], conversations: [] },
    ];
    const spansOf = async (text: string) => {
      writeFileSync(at("spans.json"), text);
      const found: string[] = [];
      for await (const { start, end } of recordSpans(at("spans.json")))
        found.push(Buffer.from(text).subarray(start, end).toString());
      return found;
    };
    const expected = records.map((record) => JSON.stringify(record));
    expect(await spansOf(JSON.stringify(records))).toEqual(expected);
    expect(await spansOf(expected.join("\n"))).toEqual(expected);
  });

  it.skipIf(!hasShared)("reads 48 records of LLaVA's own mix", async () => {
    const path = sharedPath("data", "llava", "llava_v1_5_mix_sample48.json");
    const records = JSON.parse(readFileSync(path, "utf8")) as { id: string | number; conversations: unknown[] }[];
    const file = await ConversationFile.open(path, dir);
    let index = 0;
    for await (const span of recordSpans(path)) {
      const { id, turns, images } = await file.read(span, index);
      expect([id, turns.length * 2, images.length]).toEqual([
        String(records[index]!.id),
        records[index]!.conversations.length,
        1,
      ]);
      index++;
    }
    await file.close();
    expect(index).toBe(48);
  });
});

function optionsOf() {
  return {
    tokenizer,
    template: "bare" as const,
    numImageTokens: 4,
    numTokens: 16,
    imagesPerRow: 1,
    onTooLong: "error" as const,
    signal: new AbortController().signal,
    progress: () => {},
  };
}
