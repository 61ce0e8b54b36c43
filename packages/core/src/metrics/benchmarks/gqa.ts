import type { BenchmarkTruths } from "../../data/benchmarks/question.ts";
import { gqa } from "../vqa/gqa.ts";
import { meanScore } from "./mean.ts";
import type { BenchmarkScorer } from "./scorer.ts";

export const gqaScorer: BenchmarkScorer<BenchmarkTruths["gqa"]> = {
  score: ({ answer, truth }) => ({ score: gqa([{ prediction: answer, answer: truth.answer }]), read: read(answer) }),
  metrics: (answered) => ({ score: meanScore(answered, gqaScorer) }),
  submission: (answered) => ({
    fileName: "gqa.json",
    contents: JSON.stringify(
      answered.map(({ question, answer }) => ({ ...question.fields, prediction: read(answer) })),
    ),
  }),
};

const read = (answer: string) => answer.replace(/\.+$/, "").toLowerCase();
