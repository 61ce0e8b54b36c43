import type { BenchmarkTruths } from "../../data/benchmarks/question.ts";
import { mme, parseMmeAnswer } from "../vqa/mme.ts";
import type { BenchmarkScorer } from "./scorer.ts";

/** Perception's most points. */
const MOST_PERCEPTION = 2000;

/** LLaVA-KD's table shows perception as a share of its most points. */
export const mmeScorer: BenchmarkScorer<BenchmarkTruths["mme"]> = {
  score({ answer, truth }) {
    const read = parseMmeAnswer(answer);
    return { score: Number(read === truth.label.toLowerCase()), read };
  },
  metrics(answered) {
    const { tasks, perception, cognition } = mme(
      answered.map(({ question, answer, truth }) => ({
        task: question.category!,
        image: question.clusterId,
        label: truth.label,
        answer,
      })),
    );
    const byTask = Object.entries(tasks).map(([task, { score }]) => [`${task} points`, score]);
    return { score: perception / MOST_PERCEPTION, perception, cognition, ...Object.fromEntries(byTask) };
  },
  submission: null,
};
