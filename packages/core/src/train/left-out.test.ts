import { describe, expect, it } from "vitest";
import { leftOut, reportLeftOut } from "./left-out.ts";

const asked = (length: number, answerType: "yes/no" | "other" = "other") => ({
  question: Array<number>(length).fill(7),
  answer: [2],
  answerType,
});
const options = { numTextTokens: 10, questionOrder: "shuffled", seed: 1 } as const;

describe("leftOut", () => {
  it("counts the pictures that ask too much, and their questions that have no place", () => {
    const exact = { questions: [asked(6), asked(4)] };
    const full = { questions: [asked(4), asked(4), asked(4), asked(4)] };
    expect(leftOut([exact, full, exact, full], options)).toEqual({ numPictures: 2, numQuestions: 4 });
    expect(leftOut([exact], options)).toEqual({ numPictures: 0, numQuestions: 0 });
  });

  it("draws as training draws: open questions first, where they have the precedence", () => {
    const picture = { questions: [asked(2, "yes/no"), asked(2, "yes/no"), asked(9)] };
    const pictures = Array.from({ length: 40 }, () => picture);
    expect(leftOut(pictures, { ...options, questionOrder: "open-first" }).numQuestions).toBe(2 * 40);
    // In any order the long one comes first in a third of the cases, and is left out in the others.
    const { numQuestions } = leftOut(pictures, options);
    expect(numQuestions).toBeGreaterThan(40);
    expect(numQuestions).toBeLessThan(2 * 40);
  });

  it("is told once, and not where nothing is left out", () => {
    const logs: string[] = [];
    const log = (_: "info", message: string) => void logs.push(message);
    const full = { questions: [asked(6), asked(6)] };
    reportLeftOut([full, { questions: [asked(3)] }], options, log);
    reportLeftOut([{ questions: [asked(3)] }], options, log);
    expect(logs).toEqual([
      "1 of 2 pictures have more questions than 10 text tokens hold: about 1 of 3 questions are left out in an epoch, drawn anew in each",
    ]);
  });
});
