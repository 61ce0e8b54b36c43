import type { BenchmarkTruths } from "../../data/benchmarks/question.ts";
import { normalizeEvalAiAnswer } from "../vqa/eval-ai.ts";
import { normalizedVqaAccuracy } from "../vqa/normalized-accuracy.ts";
import { meanScore } from "./mean.ts";
import type { BenchmarkScorer } from "./scorer.ts";

/** M4C's evaluator, as LLaVA runs it on the validation split. */
export const textvqaScorer: BenchmarkScorer<BenchmarkTruths["textvqa"]> = {
  score: ({ answer, truth }) => ({
    score: normalizedVqaAccuracy(answer, truth.answers),
    read: normalizeEvalAiAnswer(answer),
  }),
  metrics: (answered) => ({ score: meanScore(answered, textvqaScorer) }),
  submission: (answered) => ({
    fileName: "textvqa.json",
    contents: JSON.stringify(
      answered.map(({ question, answer }) => ({ ...question.fields, answer: normalizeEvalAiAnswer(answer) })),
    ),
  }),
};
