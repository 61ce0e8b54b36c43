import type { BenchmarkName } from "../../data/benchmarks/question.ts";
import type { Asked } from "./ask.ts";

/** A line of JSON for each answer, in their order; "" for none. */
export function answerLines(benchmark: BenchmarkName, asked: readonly Asked[]): string {
  return asked
    .map(({ question, prompt, answer: text }) => ({ benchmark, question_id: question.questionId, prompt, text }))
    .map((line) => `${JSON.stringify(line)}\n`)
    .join("");
}
