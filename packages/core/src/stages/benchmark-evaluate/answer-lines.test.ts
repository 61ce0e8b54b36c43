import { expect, it } from "vitest";
import { answerLines } from "./answer-lines.ts";

it("writes a line for each of more answers than a call takes arguments", () => {
  const question = { clusterId: "1", images: [], question: "?", suffix: "", category: null, truth: null, fields: {} };
  const asked = Array.from({ length: 300_000 }, (_, i) => ({
    question: { ...question, questionId: String(i) },
    prompt: "Is it?",
    answer: i % 2 ? "yes" : "no",
  }));
  const lines = answerLines("vqav2", asked).split("\n");
  expect(lines).toHaveLength(300_001);
  expect(lines[299_999]).toBe('{"benchmark":"vqav2","question_id":"299999","prompt":"Is it?","text":"yes"}');
  expect(answerLines("vqav2", [])).toBe("");
});
