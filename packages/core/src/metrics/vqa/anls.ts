import { mean, requireSamples } from "../input.ts";

export interface AnlsOptions {
  /** Similarities below it count 0. */
  threshold?: number;
}

/**
 * Average normalised Levenshtein similarity, in [0, 1]: per question the best similarity to any of its answers. Strings are
 * compared in lower case with single spaces, but normalised by the length of the raw strings, in code points.
 * Source: the DocVQA and ST-VQA evaluation.
 * @throws DataError METRIC_EMPTY without records or for a record without answers.
 */
export function anls(
  records: readonly { prediction: string; answers: readonly string[] }[],
  { threshold = 0.5 }: AnlsOptions = {},
): number {
  requireSamples(records.length, "anls");
  return mean(
    records.map(({ prediction, answers }) => {
      requireSamples(answers.length, "anls (answers of a question)");
      return Math.max(...answers.map((answer) => similarity(prediction, answer, threshold)));
    }),
  );
}

function similarity(prediction: string, answer: string, threshold: number): number {
  const longest = Math.max([...prediction].length, [...answer].length);
  if (longest === 0) return 1;
  const score = 1 - levenshtein(canonical(prediction), canonical(answer)) / longest;
  return score < threshold ? 0 : score;
}

function canonical(text: string): string[] {
  return [...text.toLowerCase().trim().replace(/\s+/g, " ")];
}

function levenshtein(a: readonly string[], b: readonly string[]): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  a.forEach((left, row) => {
    const current = [row + 1];
    b.forEach((right, column) => {
      const substituted = previous[column]! + (left === right ? 0 : 1);
      current.push(Math.min(substituted, previous[column + 1]! + 1, current[column]! + 1));
    });
    previous = current;
  });
  return previous[b.length]!;
}
