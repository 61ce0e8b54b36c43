import type { BenchmarkTruths } from "../../data/benchmarks/question.ts";
import { normalizeEvalAiAnswer } from "../vqa/eval-ai.ts";
import { normalizedVqaAccuracy } from "../vqa/normalized-accuracy.ts";
import { meanScore } from "./mean.ts";
import type { BenchmarkScorer } from "./scorer.ts";

/** The server's own code is not public; we use VQAv2's formula over normalised answers, as the challenge describes it. */
export const vizwizScorer: BenchmarkScorer<BenchmarkTruths["vizwiz"]> = {
  score: ({ answer, truth }) => ({
    score: normalizedVqaAccuracy(answer, truth.answers),
    read: normalizeEvalAiAnswer(answer),
  }),
  metrics: (answered) => ({ score: meanScore(answered, vizwizScorer) }),
  submission: (answered) => ({
    fileName: "vizwiz.json",
    contents: JSON.stringify(
      answered.map(({ question, answer }) => ({ ...question.fields, answer: normalizeEvalAiAnswer(answer) })),
    ),
  }),
};
