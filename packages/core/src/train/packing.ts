import { IGNORE_LABEL } from "../models/llava/sft-graph.ts";

/** One question with its answer as token ids; the answer ends with the end-of-text token. */
export interface EncodedQuestion {
  question: readonly number[];
  answer: readonly number[];
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

/**
 * Writes questions one behind the other, in the order given, leaving out those that no longer fit. A label stands at the
 * token before the one it names: answers are learnt, questions are not.
 * @returns how many questions were packed
 */
export function packQuestions(questions: readonly EncodedQuestion[], row: PackedRow, padId: number): number {
  row.tokens.fill(BigInt(padId));
  row.segments.fill(0n);
  row.positions.fill(0n);
  row.labels.fill(BigInt(IGNORE_LABEL));
  let used = 0;
  let packed = 0;
  for (const { question, answer } of questions) {
    // The last answer token is only predicted, never read.
    const length = question.length + answer.length - 1;
    if (used + length > row.tokens.length) continue;
    packed++;
    for (let i = 0; i < length; i++) {
      row.tokens[used + i] = BigInt(i < question.length ? question[i]! : answer[i - question.length]!);
      row.segments[used + i] = BigInt(packed);
      row.positions[used + i] = BigInt(i);
      const answerIndex = i + 1 - question.length;
      if (answerIndex >= 0) row.labels[used + i] = BigInt(answer[answerIndex]!);
    }
    used += length;
  }
  return packed;
}
