import { Rng } from "../../base/rng.ts";
import type { BenchmarkQuestion, BenchmarkTruths } from "../../data/benchmarks/question.ts";
import { mean } from "../input.ts";
import { isMmmuOpenRight, parseMmmuChoice } from "../vqa/mmmu.ts";
import { groupedBy, meanScore } from "./mean.ts";
import type { BenchmarkScorer } from "./scorer.ts";

type Truth = BenchmarkTruths["mmmu"];

/** MMMU's own parser and rules; answers that name no option are drawn from the seed and the question's id. */
export const mmmuScorer: BenchmarkScorer<Truth> = {
  score({ question, answer, truth }, seed) {
    const read = readAnswer(question, answer, seed);
    const right = question.fields.multipleChoice
      ? truth.answers.includes(read)
      : isMmmuOpenRight(answer, truth.answers);
    return { score: Number(right), read };
  },
  metrics(answered, seed) {
    const subjects = groupedBy(answered, ({ question }) => question.category ?? "other");
    const bySubject = [...subjects].map(([subject, ofSubject]): [string, number] => [
      `${subject} accuracy`,
      mean(ofSubject.map((each) => mmmuScorer.score(each, seed).score)),
    ]);
    return { score: meanScore(answered, mmmuScorer, seed), ...Object.fromEntries(bySubject) };
  },
  submission: (answered, seed) => ({
    fileName: "mmmu.json",
    contents: JSON.stringify(
      Object.fromEntries(
        answered.map(({ question, answer }) => [question.questionId, readAnswer(question, answer, seed)]),
      ),
      null,
      1,
    ),
  }),
};

function readAnswer({ questionId, fields }: BenchmarkQuestion<Truth>, answer: string, seed: number): string {
  if (!fields.multipleChoice) return answer;
  const rng = Rng.fromSeed(seed).stream(`mmmu-${questionId}`);
  return parseMmmuChoice(answer, fields.options as Record<string, string>, rng);
}
