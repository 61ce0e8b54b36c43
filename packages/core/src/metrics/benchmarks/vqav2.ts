import type { BenchmarkTruths } from "../../data/benchmarks/question.ts";
import { vqaAccuracy, vqaAccuracySet } from "../vqa/accuracy.ts";
import { normalizeEvalAiAnswer } from "../vqa/eval-ai.ts";
import type { BenchmarkScorer } from "./scorer.ts";

/** VQAv2's own evaluator; answers are sent to EvalAI as LLaVA normalises them. */
export const vqav2Scorer: BenchmarkScorer<BenchmarkTruths["vqav2"]> = {
  score: ({ answer, truth }) => ({ score: vqaAccuracy(answer, truth.answers), read: answer }),
  metrics(answered) {
    const set = vqaAccuracySet(answered.map(({ answer, truth }) => ({ ...truth, prediction: answer })));
    const byType = Object.entries(set.perAnswerType).map(([type, percent]) => [`vqaAccuracy ${type}`, percent / 100]);
    return { score: set.overall / 100, ...Object.fromEntries(byType) };
  },
  submission: (answered) => ({
    fileName: "vqav2.json",
    contents: JSON.stringify(
      answered.map(({ question, answer }) => ({ ...question.fields, answer: normalizeEvalAiAnswer(answer) })),
    ),
  }),
};
