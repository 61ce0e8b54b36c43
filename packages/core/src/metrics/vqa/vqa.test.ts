import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hasShared, sharedPath } from "../../../../../scripts/shared.mjs";
import { DataError } from "../../base/errors.ts";
import { vqaAccuracy, vqaAccuracySet, vqaRecordAccuracy } from "./accuracy.ts";
import { anls } from "./anls.ts";
import { circular } from "./circular.ts";
import { gqa } from "./gqa.ts";
import { type MmeRecord, mme, mmeCognitionTasks, mmePerceptionTasks } from "./mme.ts";
import { normalizeVqaAnswer } from "./normalize.ts";
import { pope } from "./pope.ts";
import { scienceqa } from "./scienceqa.ts";

const times = (count: number, answer: string) => new Array<string>(count).fill(answer);

describe("vqaAccuracy", () => {
  it("gives 0.3, 0.6, 0.9 and 1 for one, two, three and four annotators", () => {
    const accuracy = (count: number) => vqaAccuracy("red", [...times(count, "red"), ...times(10 - count, "blue")]);
    expect(accuracy(0)).toBe(0);
    for (const [matches, expected] of [
      [1, 0.3],
      [2, 0.6],
      [3, 0.9],
      [4, 1],
      [5, 1],
    ] as const) {
      expect(accuracy(matches)).toBeCloseTo(expected, 12);
    }
  });

  it("normalises only where annotators disagree", () => {
    expect(vqaAccuracy("Two", times(10, "2"))).toBe(0);
    expect(vqaAccuracy("Two", [...times(9, "2"), "3"])).toBe(1);
    expect(vqaAccuracy(" 2\n", times(10, "2"))).toBe(1);
  });

  it("lies in [0, 1] and does not depend on the order of annotators", () => {
    const answer = fc.constantFrom("yes", "no", "Yes.", "two", "2", "a cat", "cat", "");
    fc.assert(
      fc.property(answer, fc.array(answer, { minLength: 1, maxLength: 12 }), (prediction, answers) => {
        const value = vqaAccuracy(prediction, answers);
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1);
        expect(vqaAccuracy(prediction, [...answers].reverse())).toBe(value);
      }),
    );
  });

  it("takes a record's only answer as ten annotators who agree", () => {
    expect(vqaAccuracy("red", ["red"])).toBe(0);
    expect(vqaRecordAccuracy("red", ["red"])).toBe(1);
    expect(vqaRecordAccuracy("Red", ["red"])).toBe(vqaAccuracy("Red", times(10, "red")));
    const mixed = [...times(3, "red"), ...times(7, "a blue")];
    expect(vqaRecordAccuracy("red", mixed)).toBe(vqaAccuracy("red", mixed));
  });

  it("refuses nothing at all", () => {
    expect(() => vqaAccuracy("red", [])).toThrow(DataError);
    expect(() => vqaAccuracySet([])).toThrow(DataError);
  });
});

describe("normalizeVqaAnswer", () => {
  it("keeps the official quirks", () => {
    expect(normalizeVqaAnswer("The Cat's two dogs.")).toBe("cat's 2 dogs");
    expect(normalizeVqaAnswer("red/white")).toBe("red white");
    expect(normalizeVqaAnswer("red / white")).toBe("red white");
    expect(normalizeVqaAnswer("t-shirt")).toBe("t shirt");
    expect(normalizeVqaAnswer("t-shirt - red")).toBe("tshirt red");
    expect(normalizeVqaAnswer("1,000-2")).toBe("10002");
    expect(normalizeVqaAnswer("somebody'd")).toBe("somebodyd");
    expect(normalizeVqaAnswer("3.5 p.m.")).toBe("3.5 pm");
    expect(normalizeVqaAnswer(".".repeat(33))).toBe(".");
  });

  it("never leaves capital letters, white space at the ends, or two spaces", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const once = normalizeVqaAnswer(text);
        expect(once).not.toMatch(/^ | $| {2}|[\n\t]/);
      }),
    );
  });
});

describe("pope", () => {
  it("counts yes as positive, and a ratio over 0 as 0", () => {
    const label = "yes" as const;
    expect(pope([{ label, answer: "No." }])).toMatchObject({
      accuracy: 0,
      precision: 0,
      recall: 0,
      f1: 0,
      yesRatio: 0,
    });
    expect(() => pope([])).toThrow(DataError);
  });

  it.skipIf(!hasShared)("reproduces LLaVA-1.5-7B on the adversarial split to the digit", () => {
    const read = (name: string) =>
      readFileSync(sharedPath("data", "pope", name), "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Record<string, string>);
    const answers = read("llava-v1.5-7b.adversarial.answers.jsonl");
    const records = read("coco_pope_adversarial.json").map((row, index) => {
      expect(answers[index]!.question_id).toBe(row.question_id);
      return { label: row.label as "yes" | "no", answer: answers[index]!.text! };
    });
    const { expected } = JSON.parse(readFileSync(sharedPath("data", "pope", "oracle.json"), "utf8")).pope;
    const scores = pope(records);
    expect(scores).toEqual({
      accuracy: expected.accuracy,
      precision: expected.precision,
      recall: expected.recall,
      f1: expected.f1,
      yesRatio: expected.yesRatio,
      truePositives: expected.TP,
      falsePositives: expected.FP,
      trueNegatives: expected.TN,
      falseNegatives: expected.FN,
    });
  });
});

describe("mme", () => {
  it("asks for every question of an image", () => {
    const record = (image: string, answer: string): MmeRecord => ({ task: "count", image, label: "Yes", answer });
    const { tasks, total, perception, cognition } = mme([
      record("a", "yes"),
      record("a", "It is"),
      record("b", "Yes, it is"),
    ]);
    expect(tasks.count).toEqual({ accuracy: 2 / 3, accuracyPlus: 0.5, score: 100 * (2 / 3 + 0.5), numQuestions: 3 });
    expect([total, perception, cognition]).toEqual([100 * (2 / 3 + 0.5), 100 * (2 / 3 + 0.5), 0]);
    expect(() => mme([])).toThrow(DataError);
  });

  it.skipIf(!hasShared)("reproduces LLaVA-1.5-7B to the digit", () => {
    const records = [...mmePerceptionTasks, ...mmeCognitionTasks].flatMap((task) =>
      readFileSync(sharedPath("data", "pope", "mme-llava-v1.5-7b", `${task}.txt`), "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line): MmeRecord => {
          const [image, , label, answer] = line.split("\t");
          return { task, image: image!, label: label!, answer: answer! };
        }),
    );
    const { expected } = JSON.parse(readFileSync(sharedPath("data", "pope", "oracle.json"), "utf8")).mme;
    const scores = mme(records);
    for (const [task, want] of [
      ...Object.entries(expected.perception.tasks),
      ...Object.entries(expected.cognition.tasks),
    ]) {
      const { questions, acc, accPlus, score } = want as {
        questions: number;
        acc: number;
        accPlus: number;
        score: number;
      };
      expect(scores.tasks[task], task).toEqual({
        accuracy: acc,
        accuracyPlus: accPlus,
        score,
        numQuestions: questions,
      });
    }
    expect(scores.perception).toBeCloseTo(expected.perception.total, 9);
    expect(scores.cognition).toBeCloseTo(expected.cognition.total, 9);
  });
});

describe("circular, gqa, anls, scienceqa", () => {
  it("circular counts a question only if every rotation is right", () => {
    const record = (question: string, rotation: number, prediction: string) => ({
      question,
      rotation,
      answer: "A",
      prediction,
    });
    const scores = circular([record("q", 1, "B"), record("q", 0, "A"), record("r", 0, "A")]);
    expect(scores).toEqual({ circular: 0.5, vanilla: 2 / 3, rotation0: 1, numQuestions: 2 });
    expect(circular([record("q", 1, "A")]).rotation0).toBeNull();
  });

  it("gqa drops trailing full stops only", () => {
    expect(
      gqa([
        { prediction: "Yes..", answer: "yes" },
        { prediction: " yes", answer: "yes" },
      ]),
    ).toBe(0.5);
  });

  it("anls takes the best answer and cuts below the threshold", () => {
    expect(anls([{ prediction: "helo", answers: ["xyz", "hello"] }])).toBeCloseTo(0.8, 12);
    expect(anls([{ prediction: "abcdef", answers: ["abcxyz"] }], { threshold: 0.6 })).toBe(0);
    expect(anls([{ prediction: "abcdef", answers: ["abcxyz"] }])).toBe(0.5);
  });

  it("anls is symmetric, 1 for equal strings, and in [0, 1]", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
        const value = anls([{ prediction: a, answers: [b] }], { threshold: 0 });
        expect(value).toBe(anls([{ prediction: b, answers: [a] }], { threshold: 0 }));
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1);
        expect(anls([{ prediction: a, answers: [b, a] }])).toBe(1);
      }),
    );
  });

  it("scienceqa counts items with an image apart", () => {
    const item = { text: "B. because", numChoices: 3, answer: 1, hasImage: false };
    expect(scienceqa([item, { ...item, text: "C" }])).toEqual({ accuracy: 0.5, imageAccuracy: null, numCorrect: 1 });
    expect(scienceqa([item, { ...item, text: "C", hasImage: true }]).imageAccuracy).toBe(0);
  });

  it.each([
    ["circular", () => circular([])],
    ["gqa", () => gqa([])],
    ["anls", () => anls([])],
    ["scienceqa", () => scienceqa([])],
  ])("%s refuses an empty set", (_, run) => {
    expect(run).toThrow(DataError);
  });
});
