import type { BenchmarkTruths } from "../../data/benchmarks/question.ts";
import { mme, mmeCognitionTasks, mmePerceptionTasks, parseMmeAnswer } from "../vqa/mme.ts";
import type { BenchmarkScorer } from "./scorer.ts";

/** Perception's most points. */
const MOST_PERCEPTION = 2000;

/**
 * LLaVA-KD's table shows perception as a share of its most points. A task that is missing would count as one without a point,
 * so perception and cognition stand only where all of their tasks do.
 */
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
    const sums = {
      ...(mmePerceptionTasks.every((task) => task in tasks) && { score: perception / MOST_PERCEPTION, perception }),
      ...(mmeCognitionTasks.every((task) => task in tasks) && { cognition }),
    };
    const byTask = Object.entries(tasks).map(([task, { score }]) => [`${task} points`, score]);
    return { ...sums, ...Object.fromEntries(byTask) };
  },
  missingTasks(questions) {
    const present = new Set(questions.map(({ category }) => category));
    return [...mmePerceptionTasks, ...mmeCognitionTasks].filter((task) => !present.has(task));
  },
  submission: null,
};
