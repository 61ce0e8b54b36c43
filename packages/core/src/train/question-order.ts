import type { Rng } from "../base/rng.ts";
import type { AnswerType } from "../data/dataset.ts";

export const questionOrders = ["shuffled", "open-first"] as const;
export type QuestionOrder = (typeof questionOrders)[number];

/**
 * The order in which a picture's questions compete for its text tokens. "open-first" puts questions that yes or no cannot
 * answer before the others, each kind shuffled: an open answer says more about the picture than a yes.
 */
export function orderQuestions<Q extends { answerType: AnswerType }>(
  questions: readonly Q[],
  order: QuestionOrder,
  rng: Rng,
): Q[] {
  const shuffled = rng.shuffle([...questions]);
  if (order === "shuffled") return shuffled;
  const isOpen = ({ answerType }: Q) => answerType !== "yes/no";
  return [...shuffled.filter(isOpen), ...shuffled.filter((question) => !isOpen(question))];
}
