import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { VqaRecord, VqaSplit } from "../../data/dataset.ts";
import { WordTokenizer } from "../../data/tokenizers/word.ts";
import { type BatchOptions, LlavaBatches } from "./batches.ts";
import { samplesOf, textsOf } from "./samples.ts";
import { encodeTeacher, TeacherOutputs } from "./teacher-file.ts";

const asked = (imageId: string, number: number, [question, answer]: readonly [string, string]): VqaRecord => ({
  questionId: `${imageId}#${number}`,
  imageId,
  question,
  answer,
  answers: [answer],
  answerType: "other",
});
const questions = [
  ["what is it", "dog"],
  ["is it big", "no"],
] as const;
const split: VqaSplit = {
  name: "train",
  imageIds: ["a", "b"],
  records: ["a", "b"].flatMap((id) => questions.map((pair, number) => asked(id, number, pair))),
  image: () => ({ kind: "rgb", width: 1, height: 1, data: new Uint8Array(3) }),
  caption: (id) => `photo ${id}`,
};
const tokenizer = WordTokenizer.fromTexts(textsOf(split));
const options: BatchOptions = {
  wants: { promptMask: true, teacherHidden: true },
  numImageTokens: 2,
  numTextTokens: 10,
  questionOrder: "shuffled",
  batchSize: 2,
  stepsPerRun: 1,
  seed: 1,
};
const limits = { numTextTokens: 10, onTooLong: "error" } as const;

const folder = mkdtempSync(join(tmpdir(), "retort-batches-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("samplesOf", () => {
  it("asks for a caption by the start of a text, and for answers by their questions", () => {
    const { samples } = samplesOf(split, tokenizer, { ...limits, content: "captions-and-questions" });
    expect(samples.map(({ imageId }) => imageId)).toEqual(["a", "b"]);
    const [caption, first] = samples[0]!.questions;
    expect(caption!.question).toEqual([tokenizer.eosId]);
    expect(tokenizer.decode(caption!.answer)).toBe("photo a");
    expect(tokenizer.decode(first!.question)).toBe("what is it");
    expect(first!.answer.at(-1)).toBe(tokenizer.eosId);
  });

  it("says what it wants of data without captions", () => {
    const { caption: _, ...bare } = split;
    expect(() => samplesOf(bare, tokenizer, { ...limits, content: "captions" })).toThrow(/no captions.*captions/s);
  });

  it("stops at a question that is too long, or lists what it leaves out", () => {
    const short = { content: "questions", numTextTokens: 3 } as const;
    expect(() => samplesOf(split, tokenizer, { ...short, onTooLong: "error" })).toThrow(/a#0/);
    const { samples, skipped } = samplesOf(split, tokenizer, { ...short, onTooLong: "skip" });
    expect(samples).toEqual([]);
    expect(skipped).toHaveLength(4);
  });
});

describe("LlavaBatches", () => {
  const { samples } = samplesOf(split, tokenizer, { ...limits, content: "questions" });
  /** Row r of the teacher's logits is [r, r, r, ...]: a batch shows which rows it took. */
  let teacher: TeacherOutputs;
  beforeAll(async () => {
    const V = tokenizer.vocabularySize;
    const perQuestion = questions.map(([question]) => question.split(" ").length + 1);
    const rowsOf = 2 + perQuestion[0]! + perQuestion[1]!;
    const logits = Float32Array.from({ length: 2 * rowsOf * V }, (_, at) => Math.floor(at / V));
    const hidden = Float32Array.from({ length: 2 * 2 * 3 }, (_, at) => at);
    const path = join(folder, "outputs.safetensors");
    const bytes = encodeTeacher(
      new Map([
        ["logits", { dtype: "float32", shape: [2 * rowsOf, V], data: logits }],
        ["hidden", { dtype: "float32", shape: [2, 2, 3], data: hidden }],
      ]),
      {
        dtype: "float32",
        topK: null,
        vocabularySize: V,
        numImageTokens: 2,
        hiddenWidth: 3,
        encoderSha256: "",
        tokenizer: tokenizer.toJSON(),
        images: { a: 0, b: rowsOf },
        questions: { "a#0": 2, "a#1": 2 + perQuestion[0]!, "b#0": rowsOf + 2, "b#1": rowsOf + 2 + perQuestion[0]! },
      },
    );
    writeFileSync(path, bytes);
    teacher = await TeacherOutputs.read(path);
  });
  const withCaption = samples.map((sample) => ({ ...sample, caption: tokenizer.encode("photo a") }));

  it("gives each place of the text the teacher's row for the same token", () => {
    const source = new LlavaBatches(options, { samples: withCaption, tokenizer, features: null, teacher });
    const batch = source.batch(0);
    const V = tokenizer.vocabularySize;
    const tokens = [...(batch.tokens!.data as BigInt64Array)].map(Number);
    const rows = [...(batch.teacherLogits!.data as Float32Array)].filter((_, at) => at % V === 0);
    for (const row of [0, 1]) {
      const imageRow = rows[row * 12]!;
      expect([0, 10]).toContain(imageRow);
      expect(rows.slice(row * 12, row * 12 + 2)).toEqual([imageRow, imageRow + 1]);
      const textRows = rows.slice(row * 12 + 2, row * 12 + 10).map((at) => at - imageRow - 2);
      // Question 0 has rows 0..3, question 1 rows 4..7, in whichever order they were packed.
      const firstIsZero = tokenizer.decode(tokens.slice(row * 10, row * 10 + 1)) === "what";
      expect(textRows).toEqual(firstIsZero ? [0, 1, 2, 3, 4, 5, 6, 7] : [4, 5, 6, 7, 0, 1, 2, 3]);
      const hidden = [...(batch.teacherHidden!.data as Float32Array)].slice(row * 6, row * 6 + 6);
      expect(hidden[0]).toBe(imageRow === 0 ? 0 : 6);
    }
  });

  it("marks the logits that predict words of the instruction, and no others", () => {
    const { promptMask, labels } = new LlavaBatches(options, {
      samples: withCaption,
      tokenizer,
      features: null,
      teacher,
    }).batch(0);
    const mask = [...promptMask!.data].map(Number).slice(0, 10);
    // Three words a question: the first and the second predict the next; the third predicts the answer.
    expect(mask).toEqual([1, 1, 0, 0, 1, 1, 0, 0, 0, 0]);
    const labelled = [...(labels!.data as BigInt64Array)].slice(0, 10).map((label) => label !== -100n);
    expect(labelled).toEqual([false, false, true, true, false, false, true, true, false, false]);
  });

  it("fills the picture's place with the words of its caption, again and again", () => {
    const source = new LlavaBatches(
      { ...options, numImageTokens: 5, wants: { promptMask: false, teacherHidden: false } },
      { samples: withCaption, tokenizer, features: null, teacher: null },
    );
    const words = tokenizer.decode((source.batch(0).caption!.data as BigInt64Array).slice(0, 5));
    expect(["photo a photo a photo", "a photo a photo a"]).toContain(words);
  });

  it("depends on seed and index alone", () => {
    const bare = { wants: { promptMask: false, teacherHidden: false } };
    const source = () =>
      new LlavaBatches({ ...options, ...bare }, { samples: withCaption, tokenizer, features: null, teacher: null });
    const later = source();
    later.batch(0);
    expect(later.batch(3)).toEqual(source().batch(3));
  });

  it("refuses a picture that the teacher has not seen", () => {
    const strangers = [{ ...withCaption[0]!, imageId: "c" }];
    const source = new LlavaBatches(options, { samples: strangers, tokenizer, features: null, teacher });
    expect(() => source.batch(0)).toThrow(/lack.*c/s);
  });
});
