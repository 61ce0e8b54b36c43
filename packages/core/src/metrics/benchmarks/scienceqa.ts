import type { BenchmarkTruths } from "../../data/benchmarks/question.ts";
import { parseScienceQaAnswer, scienceqa } from "../vqa/scienceqa.ts";
import type { BenchmarkScorer } from "./scorer.ts";

/** LLaVA-KD's table shows the accuracy over questions with a picture. */
export const scienceqaScorer: BenchmarkScorer<BenchmarkTruths["scienceqa"]> = {
  score({ answer, truth }) {
    const { letter, index } = parseScienceQaAnswer(answer, truth.numChoices);
    return { score: Number(index === truth.answer), read: letter };
  },
  metrics(answered) {
    const items = answered.map(({ question, answer, truth }) => ({
      ...truth,
      text: answer,
      hasImage: question.images.length > 0,
    }));
    const { accuracy, imageAccuracy } = scienceqa(items);
    return { score: imageAccuracy ?? accuracy, accuracy, ...(imageAccuracy !== null && { imageAccuracy }) };
  },
  submission: null,
};
