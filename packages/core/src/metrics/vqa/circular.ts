import { mean, requireSamples } from "../input.ts";

export interface CircularRecord {
  /** Rotations of one question share it. */
  question: string;
  /** 0 is the order in which the options were published. */
  rotation: number;
  answer: string;
  prediction: string;
}

export interface CircularScores {
  /** Share of questions with every rotation right. */
  circular: number;
  /** Share of records right. */
  vanilla: number;
  /** Share of unrotated records right; null when there are none. */
  rotation0: number | null;
  numQuestions: number;
}

/** MMBench's circular evaluation by exact match. @throws DataError METRIC_EMPTY without records. */
export function circular(records: readonly CircularRecord[]): CircularScores {
  requireSamples(records.length, "circular");
  const isRight = ({ prediction, answer }: CircularRecord) => prediction === answer;
  const questions = new Map<string, boolean>();
  for (const record of records) {
    questions.set(record.question, isRight(record) && (questions.get(record.question) ?? true));
  }
  const unrotated = records.filter(({ rotation }) => rotation === 0);
  return {
    circular: mean([...questions.values()].map(Number)),
    vanilla: mean(records.map((record) => Number(isRight(record)))),
    rotation0: unrotated.length === 0 ? null : mean(unrotated.map((record) => Number(isRight(record)))),
    numQuestions: questions.size,
  };
}
