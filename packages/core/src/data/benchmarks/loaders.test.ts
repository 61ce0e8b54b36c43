import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hasShared, sharedPath } from "../../../../../scripts/shared.mjs";
import { benchmarkScorers } from "../../metrics/benchmarks/index.ts";
import { benchmarkReference } from "./definitions.ts";
import { fingerprintBenchmarks, loadBenchmark } from "./loaders.ts";
import { shortAnswer } from "./question.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "retort-benchmarks-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

function write(name: string, content: unknown): string {
  const path = join(dir, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}
const lines = (rows: unknown[]) => rows.map((row) => JSON.stringify(row)).join("\n");
const onBadRecord = "error" as const;
const images = "/pictures";

describe("published question files", () => {
  it("VQAv2, with and without annotations, and LLaVA's lines", async () => {
    const questions = write("questions.json", {
      data_subtype: "test-dev2015",
      questions: [{ image_id: 262144, question: "What is it?", question_id: 262144000 }],
    });
    const annotations = write("annotations.json", {
      annotations: [
        {
          question_id: 262144000,
          question_type: "what",
          answer_type: "other",
          answers: [{ answer: "cat", answer_id: 1 }],
        },
      ],
    });
    const { questions: plain } = await loadBenchmark("vqav2", { questions, images, onBadRecord });
    expect(plain).toMatchObject([
      {
        questionId: "262144000",
        truth: null,
        suffix: shortAnswer,
        images: [{ path: "/pictures/COCO_test2015_000000262144.jpg" }],
      },
    ]);
    const { questions: known } = await loadBenchmark("vqav2", { questions, annotations, images, onBadRecord });
    expect(known[0]!.truth).toEqual({ answers: ["cat"], questionType: "what", answerType: "other" });
    const jsonl = write(
      "llava.jsonl",
      lines([{ question_id: 3, image: "x.jpg", text: `What?\n${shortAnswer}`, category: "default" }]),
    );
    const { questions: llava } = await loadBenchmark("vqav2", { questions: jsonl, images, onBadRecord });
    expect(llava).toMatchObject([{ questionId: "3", question: "What?", suffix: shortAnswer, clusterId: "x.jpg" }]);
  });

  it("GQA: balanced questions only", async () => {
    const questions = write("gqa.json", {
      "1": { imageId: "n1", question: "Is it red?", answer: "yes", isBalanced: true },
      "2": { imageId: "n1", question: "Is it blue?", answer: "no", isBalanced: false },
    });
    const { questions: read } = await loadBenchmark("gqa", { questions, images, onBadRecord });
    expect(read).toMatchObject([{ questionId: "1", truth: { answer: "yes" }, images: [{ path: "/pictures/n1.jpg" }] }]);
  });

  it("VizWiz: asks for Unanswerable", async () => {
    const questions = write("viz.json", [{ image: "VizWiz_test_1.jpg", question: "What?" }]);
    const { questions: read } = await loadBenchmark("vizwiz", { questions, images, onBadRecord });
    expect(read[0]).toMatchObject({ truth: null, fields: { image: "VizWiz_test_1.jpg" } });
    expect(read[0]!.suffix).toContain("'Unanswerable'");
  });

  it("TextVQA: LLaVA's prompt with OCR tokens is found by picture and question", async () => {
    const questions = write("textvqa.json", {
      data: [
        { question_id: 34602, image_id: "003a", question: "What brand?", answers: Array(10).fill("nokia") },
        { question_id: 34603, image_id: "003a", question: "What color?", answers: Array(10).fill("red") },
      ],
    });
    const text = `what brand?\nReference OCR token: NOKIA\n${shortAnswer}`;
    const prompts = write("ocr.jsonl", lines([{ question_id: "003a", image: "003a.jpg", text }]));
    const withOcr = { questionId: "34602", question: "what brand?\nReference OCR token: NOKIA", suffix: shortAnswer };
    // A question without its OCR tokens would be another benchmark's.
    await expect(loadBenchmark("textvqa", { questions, prompts, images, onBadRecord })).rejects.toMatchObject({
      code: "DATA_NO_PROMPT",
      where: expect.stringContaining("34603"),
    });
    const params = { questions, prompts, images, onBadRecord: "skip" as const };
    const { questions: read, skipped } = await loadBenchmark("textvqa", params);
    expect(read).toMatchObject([withOcr]);
    expect(skipped).toMatchObject([{ code: "DATA_NO_PROMPT", where: expect.stringContaining("34603") }]);
    const { questions: plain } = await loadBenchmark("textvqa", { questions, images, onBadRecord });
    expect(plain).toMatchObject([
      { question: "What brand?", suffix: shortAnswer },
      { question: "What color?", suffix: shortAnswer },
    ]);
  });

  it("ScienceQA: problems of a split, lettered options, LLaVA's own prompts where given", async () => {
    const problems = write("problems.json", {
      "4": { question: "Which?", choices: ["x", "y"], answer: 1, hint: "Look.", image: "image.png", split: "test" },
      "5": { question: "Why?", choices: ["p", "q", "r"], answer: 0, hint: "", image: null, split: "train" },
    });
    const params = { problems, split: "test", images, onBadRecord };
    const { questions: read } = await loadBenchmark("scienceqa", params);
    expect(read).toMatchObject([
      {
        questionId: "4",
        question: "Look.\nWhich?\nA. x\nB. y",
        truth: { answer: 1, numChoices: 2 },
        images: [{ path: "/pictures/4/image.png" }],
      },
    ]);
    const splits = write("splits.json", { test: ["5"] });
    const llava = write("llava.json", [{ id: "5", conversations: [{ from: "human", value: "<image>\nWhy?\nA. p" }] }]);
    const { questions: other } = await loadBenchmark("scienceqa", { ...params, splits, questions: llava });
    expect(other).toMatchObject([{ questionId: "5", question: "Why?\nA. p", suffix: "", images: [] }]);
    const both = { ...params, splits: write("both.json", { test: ["4", "5"] }), questions: llava };
    await expect(loadBenchmark("scienceqa", both)).rejects.toMatchObject({
      code: "DATA_NO_PROMPT",
      where: `${problems}, problem 4`,
    });
    const { questions: left, skipped } = await loadBenchmark("scienceqa", { ...both, onBadRecord: "skip" });
    expect(left).toEqual(other);
    expect(skipped).toMatchObject([{ code: "DATA_NO_PROMPT" }]);
  });

  it("MME: folders with pictures beside their questions, or apart", async () => {
    mkdirSync(join(dir, "mme", "count"), { recursive: true });
    for (const folder of ["images", "questions_answers_YN"])
      mkdirSync(join(dir, "mme", "OCR", folder), { recursive: true });
    write("mme/count/1.jpg", "");
    write("mme/count/1.txt", "Is there one? Please answer yes or no.\tYes\nTwo? Please answer yes or no.\tNo\n");
    write("mme/OCR/images/a.png", "");
    write("mme/OCR/questions_answers_YN/a.txt", "Is it X?  Please answer yes or no.\tNo\nIs it Y?\tYes");
    const { questions: read } = await loadBenchmark("mme", { folder: join(dir, "mme"), onBadRecord });
    expect(read.map(({ category, question }) => `${category}: ${question}`)).toEqual([
      "OCR: Is it X?",
      "OCR: Is it Y?",
      "count: Is there one?",
      "count: Two?",
    ]);
    expect(read[0]).toMatchObject({
      images: [{ path: join(dir, "mme", "OCR", "images", "a.png") }],
      truth: { label: "No" },
    });
    expect(read[2]!.images).toEqual([{ kind: "file", path: join(dir, "mme", "count", "1.jpg") }]);
  });

  it("MMBench: the table with pictures; rotations are made where the file has answers and none", async () => {
    const png = Buffer.from("not decoded here").toString("base64");
    const header = "index\tquestion\thint\tA\tB\tC\tD\tanswer\tcategory\timage";
    const questions = write("mmbench.tsv", `${header}\n7\t"Which ""one""?"\tnan\tx\ty\tz\t\tB\tcat\t${png}\n`);
    const params = { questions, rotations: "make" as const, onBadRecord };
    const { questions: read } = await loadBenchmark("mmbench", params);
    expect(read.map(({ questionId, truth }) => [questionId, truth!.answer, truth!.rotation])).toEqual([
      ["7", "B", 0],
      ["1000007", "A", 1],
      ["2000007", "C", 2],
    ]);
    expect(read[1]!.question).toBe('Which "one"?\nA. y\nB. z\nC. x');
    expect(new Set(read.map(({ clusterId }) => clusterId))).toEqual(new Set(["7"]));
    const { questions: chinese } = await loadBenchmark("mmbench-cn", { ...params, rotations: "as-in-file" });
    expect(chinese).toMatchObject([{ suffix: "请直接回答选项字母。" }]);
    const unknown = write("test.tsv", `index\tquestion\thint\tA\tB\tcategory\timage\n7\tq\tLook\tx\ty\tcat\t${png}\n`);
    const { questions: sent } = await loadBenchmark("mmbench", { ...params, questions: unknown });
    expect(sent).toMatchObject([{ truth: null, question: "Look\nq\nA. x\nB. y" }]);
  });

  it("MMMU: rows of the published set, and TinyLLaVA's form", async () => {
    const questions = write("mmmu.json", [
      {
        id: "validation_Art_Theory_1",
        question: "<image 1> Who?",
        options: `['Monet\\'s', "O'Keeffe"]`,
        answer: "B",
        question_type: "multiple-choice",
        image_1: "a.png",
        image_2: null,
      },
      { id: "validation_Math_2", question: "How much?", options: "[]", answer: "['3', '3.0']", question_type: "open" },
      { id: "test_Math_3", question: "?", options: "['1', '2']", answer: "?", question_type: "multiple-choice" },
      {
        id: "validation_Art_4",
        prompt: "<image>\nWho?\n(A) x",
        question_type: "multiple-choice",
        answer: "A",
        all_choices: ["A"],
        index2ans: { A: "x" },
        image: "b.png",
      },
    ]);
    const { questions: read } = await loadBenchmark("mmmu", { questions, images, onBadRecord });
    expect(read).toMatchObject([
      {
        question: "Who?\n(A) Monet's\n(B) O'Keeffe",
        category: "Art_Theory",
        truth: { answers: ["B"] },
        images: [{ path: "/pictures/a.png" }],
      },
      { question: "How much?", suffix: shortAnswer, truth: { answers: ["3", "3.0"] }, images: [] },
      { truth: null },
      { question: "Who?\n(A) x", suffix: "", images: [{ path: "/pictures/b.png" }] },
    ]);
  });

  it("refuses bad rows, or lists them; and says what is missing", async () => {
    const questions = write("viz.json", [
      { image: "1.jpg", question: "What?" },
      { image: "1.jpg", question: "Again?" },
      { image: "2.jpg" },
      { image: "3.jpg", question: " " },
    ]);
    await expect(loadBenchmark("vizwiz", { questions, images, onBadRecord })).rejects.toMatchObject({
      code: "DATA_BAD_RECORD",
      where: `${questions}, record 1`,
    });
    const { questions: left, skipped } = await loadBenchmark("vizwiz", { questions, images, onBadRecord: "skip" });
    expect(left).toHaveLength(1);
    expect(skipped.map(({ where }) => where)).toEqual([1, 2, 3].map((record) => `${questions}, record ${record}`));
    await expect(loadBenchmark("pope", { folder: dir, images, onBadRecord })).rejects.toMatchObject({
      code: "DATA_PATH_MISSING",
    });
    await expect(loadBenchmark("gqa", { questions: "/nowhere.json", images, onBadRecord })).rejects.toMatchObject({
      code: "DATA_PATH_MISSING",
      where: "/nowhere.json",
    });
    const broken = write("broken.json", "{");
    await expect(loadBenchmark("gqa", { questions: broken, images, onBadRecord })).rejects.toMatchObject({
      code: "DATA_UNREADABLE_JSON",
    });
    const empty = write("empty.json", "[]");
    await expect(loadBenchmark("vizwiz", { questions: empty, images, onBadRecord })).rejects.toMatchObject({
      code: "DATA_EMPTY",
    });
  });

  it("has a fingerprint of the files' bytes and of the settings", async () => {
    const questions = write("viz.json", [{ image: "1.jpg", question: "What?" }]);
    const reference = { benchmark: "vizwiz", params: { questions, images: dir } };
    const first = await fingerprintBenchmarks([reference]);
    expect(await fingerprintBenchmarks([reference])).toBe(first);
    write("viz.json", [{ image: "1.jpg", question: "Why?" }]);
    const second = await fingerprintBenchmarks([reference]);
    write("2.jpg", "picture");
    expect(new Set([first, second, await fingerprintBenchmarks([reference])]).size).toBe(3);
    expect(benchmarkReference.safeParse({ benchmark: "none", params: {} }).success).toBe(false);
  });
});

describe.skipIf(!hasShared)("published answers of LLaVA-1.5-7B", () => {
  it("POPE: the published adversarial scores", async () => {
    const folder = sharedPath("data", "pope");
    const { expected } = (
      JSON.parse(readFileSync(join(folder, "oracle.json"), "utf8")) as { pope: { expected: Record<string, number> } }
    ).pope;
    const { questions } = await loadBenchmark("pope", { folder, images, onBadRecord });
    expect(questions).toHaveLength(9000);
    const answers = readFileSync(join(folder, "llava-v1.5-7b.adversarial.answers.jsonl"), "utf8").trim().split("\n");
    const texts = new Map(
      answers
        .map((line) => JSON.parse(line) as { question_id: number; text: string })
        .map(({ question_id, text }) => [question_id, text]),
    );
    const adversarial = questions.filter(({ category }) => category === "adversarial");
    const answered = adversarial.map((question) => ({
      question,
      truth: question.truth!,
      answer: texts.get(question.fields.question_id as number)!,
    }));
    const metrics = benchmarkScorers.pope.metrics(answered, 0);
    for (const name of ["accuracy", "precision", "recall", "f1", "yesRatio"])
      expect(metrics[`adversarial ${name}`]).toBe(expected[name]);
  });

  it("MME: the published points of all tasks", async () => {
    const folder = sharedPath("data", "pope", "mme-llava-v1.5-7b");
    const oracle = JSON.parse(readFileSync(sharedPath("data", "pope", "oracle.json"), "utf8")) as {
      mme: {
        expected: Record<"perception" | "cognition", { total: number; tasks: Record<string, { score: number }> }>;
      };
    };
    const { perception, cognition } = oracle.mme.expected;
    const { questions } = await loadBenchmark("mme", { folder, onBadRecord });
    const given = new Map<string, string>();
    for (const task of new Set(questions.map(({ category }) => category!))) {
      const rows = readFileSync(join(folder, `${task}.txt`), "utf8")
        .split("\n")
        .filter((line) => line !== "");
      for (const [i, line] of rows.entries()) given.set(`${task}/${i}`, line.split("\t")[3]!);
    }
    const answered = questions.map((question) => ({
      question,
      truth: question.truth!,
      answer: given.get(question.questionId)!,
    }));
    const metrics = benchmarkScorers.mme.metrics(answered, 0);
    expect(metrics.perception).toBeCloseTo(perception.total, 9);
    expect(metrics.cognition).toBeCloseTo(cognition.total, 9);
    for (const [task, { score }] of Object.entries({ ...perception.tasks, ...cognition.tasks }))
      expect(metrics[`${task} points`]).toBeCloseTo(score, 9);
  });
});
