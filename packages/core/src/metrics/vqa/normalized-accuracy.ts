import { requireSamples } from "../input.ts";
import { normalizeEvalAiAnswer } from "./eval-ai.ts";

/**
 * VQA accuracy over answers that are always normalised, in [0, 1]: for each annotator min(1, matches among the others / 3),
 * averaged. Source: facebookresearch/mmf, TextVQAAccuracyEvaluator.
 * @throws DataError METRIC_EMPTY without answers.
 */
export function normalizedVqaAccuracy(prediction: string, answers: readonly string[]): number {
  requireSamples(answers.length, "normalizedVqaAccuracy");
  const given = answers.map(normalizeEvalAiAnswer);
  const predicted = normalizeEvalAiAnswer(prediction);
  const matches = given.filter((answer) => answer === predicted).length;
  const ofMatching = matches * Math.min(1, (matches - 1) / 3);
  const ofOthers = (given.length - matches) * Math.min(1, matches / 3);
  // The evaluator scores the answers that annotators gave; any other answer has no entry and is worth nothing.
  return matches === 0 ? 0 : (ofMatching + ofOthers) / given.length;
}
