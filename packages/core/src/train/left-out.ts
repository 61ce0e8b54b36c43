import { Rng } from "../base/rng.ts";
import type { AnswerType } from "../data/dataset.ts";
import { type EncodedQuestion, fitting, rowLength } from "./packing.ts";
import { orderQuestions, type QuestionOrder } from "./question-order.ts";

export interface LeftOutOptions {
  numTextTokens: number;
  questionOrder: QuestionOrder;
  seed: number;
}

export interface LeftOut {
  /** Pictures whose questions are together longer than a row of text tokens. */
  numPictures: number;
  /** Questions without a place in an epoch: drawn as training draws them, but in an order of its own. */
  numQuestions: number;
}

type PackedQuestion = EncodedQuestion & { answerType: AnswerType };

/** How much of the data one epoch of packed training does not see. */
export function leftOut(
  pictures: readonly { questions: readonly PackedQuestion[] }[],
  { numTextTokens, questionOrder, seed }: LeftOutOptions,
): LeftOut {
  const rng = Rng.fromSeed(seed).stream("left-out");
  const overfull = pictures.filter(({ questions }) => rowLength(questions) > numTextTokens);
  const numQuestions = overfull.reduce((sum, { questions }) => {
    const packed = fitting(orderQuestions(questions, questionOrder, rng), numTextTokens);
    return sum + questions.length - packed.length;
  }, 0);
  return { numPictures: overfull.length, numQuestions };
}

/** Says in a stage's log what leftOut() finds; nothing where every question has a place. */
export function reportLeftOut(
  pictures: readonly { questions: readonly PackedQuestion[] }[],
  options: LeftOutOptions,
  log: (level: "info", message: string) => void,
): void {
  const { numPictures, numQuestions } = leftOut(pictures, options);
  if (numPictures === 0) return;
  const all = pictures.reduce((sum, { questions }) => sum + questions.length, 0);
  log(
    "info",
    `${numPictures} of ${pictures.length} pictures have more questions than ${options.numTextTokens} text tokens hold: about ${numQuestions} of ${all} questions are left out in an epoch, drawn anew in each`,
  );
}
