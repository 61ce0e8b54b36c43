import type { BenchmarkTruths } from "../../data/benchmarks/question.ts";
import { mean } from "../input.ts";
import { parsePopeAnswer, pope } from "../vqa/pope.ts";
import { groupedBy } from "./mean.ts";
import type { BenchmarkScorer } from "./scorer.ts";

/** Which number enters the table is not stated; we use F1 averaged over the splits, LLaVA's convention. */
export const popeScorer: BenchmarkScorer<BenchmarkTruths["pope"]> = {
  score({ answer, truth }) {
    const read = parsePopeAnswer(answer);
    return { score: Number(read === truth.label), read };
  },
  metrics(answered) {
    const splits = groupedBy(answered, ({ question }) => question.category ?? "all");
    const metrics: Record<string, number> = {};
    const scores = [...splits].map(([split, ofSplit]) => {
      const found = pope(ofSplit.map(({ answer, truth }) => ({ label: truth.label, answer })));
      for (const name of ["accuracy", "precision", "recall", "f1", "yesRatio"] as const) {
        metrics[`${split} ${name}`] = found[name];
      }
      return found;
    });
    const accuracy = mean(scores.map((each) => each.accuracy));
    return { score: mean(scores.map(({ f1 }) => f1)), accuracy, ...metrics };
  },
  submission: null,
};
