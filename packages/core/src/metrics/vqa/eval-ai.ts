import { normalizeVqaAnswer } from "./normalize.ts";

/**
 * An answer as M4C's evaluator and LLaVA's submissions normalise it: commas and question marks removed and 's split off before
 * VQA's own normalisation. Source: facebookresearch/mmf, EvalAIAnswerProcessor.
 */
export function normalizeEvalAiAnswer(text: string): string {
  const words = text.toLowerCase().replaceAll(",", "").replaceAll("?", "").replaceAll("'s", " 's").trim();
  return normalizeVqaAnswer(words);
}
