import { DataError } from "../base/errors.ts";
import { IGNORE_LABEL } from "../losses/positions.ts";

/** One question with its answer as token ids; the answer ends with the end-of-text token. */
export interface EncodedQuestion {
  question: readonly number[];
  answer: readonly number[];
}

/** Places that a question with its answer takes in a row: the last answer token is only predicted, never read. */
export function packedLength({ question, answer }: EncodedQuestion): number {
  return question.length + answer.length - 1;
}

/** Places that all questions of a picture take, one behind the other. */
export function rowLength(questions: readonly EncodedQuestion[]): number {
  return questions.reduce((sum, asked) => sum + packedLength(asked), 0);
}

/** Text tokens of the row that leaves out no question of any picture; 0 for no pictures. */
export function longestRow(pictures: readonly { questions: readonly EncodedQuestion[] }[]): number {
  return pictures.reduce((most, { questions }) => Math.max(most, rowLength(questions)), 0);
}

/** It could never be learnt: no row takes it whole. */
export function questionTooLong(asked: EncodedQuestion, numTextTokens: number, where: string): DataError {
  return new DataError({
    code: "DATA_QUESTION_TOO_LONG",
    message: "A question with its answer is longer than a row of text tokens",
    expected: `at most ${numTextTokens} tokens`,
    got: `${packedLength(asked)} tokens`,
    where,
    fix: "Raise training.numTextTokens.",
  });
}

/** One row of a packed batch, each array of length T. */
export interface PackedRow {
  tokens: BigInt64Array;
  /** 1, 2, ... by question; 0 is padding. */
  segments: BigInt64Array;
  positions: BigInt64Array;
  /** The next token where it belongs to an answer, else IGNORE_LABEL. */
  labels: BigInt64Array;
}

/** The questions that a row takes, in the order given: one that no longer fits is left out, a shorter one behind it may fit. */
export function fitting<Q extends EncodedQuestion>(questions: readonly Q[], numTextTokens: number): Q[] {
  let used = 0;
  return questions.filter((asked) => {
    const length = packedLength(asked);
    if (used + length > numTextTokens) return false;
    used += length;
    return true;
  });
}

/**
 * Writes questions one behind the other, in the order given, leaving out those that no longer fit. A label stands at the
 * token before the one it names: answers are learnt, questions are not.
 * @returns the questions that were packed: the i-th is segment i + 1
 */
export function packQuestions<Q extends EncodedQuestion>(questions: readonly Q[], row: PackedRow, padId: number): Q[] {
  row.tokens.fill(BigInt(padId));
  row.segments.fill(0n);
  row.positions.fill(0n);
  row.labels.fill(BigInt(IGNORE_LABEL));
  let used = 0;
  const packed = fitting(questions, row.tokens.length);
  for (const [place, asked] of packed.entries()) {
    const { question, answer } = asked;
    const length = packedLength(asked);
    for (let i = 0; i < length; i++) {
      row.tokens[used + i] = BigInt(i < question.length ? question[i]! : answer[i - question.length]!);
      row.segments[used + i] = BigInt(place + 1);
      row.positions[used + i] = BigInt(i);
      const answerIndex = i + 1 - question.length;
      if (answerIndex >= 0) row.labels[used + i] = BigInt(answer[answerIndex]!);
    }
    used += length;
  }
  return packed;
}
