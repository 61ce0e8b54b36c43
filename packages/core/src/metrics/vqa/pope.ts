import { requireSamples } from "../input.ts";

export type YesNo = "yes" | "no";

export interface PopeRecord {
  label: YesNo;
  /** The model's free text. */
  answer: string;
}

export interface PopeScores {
  accuracy: number;
  precision: number;
  recall: number;
  f1: number;
  /** Share of questions that were answered yes. */
  yesRatio: number;
  truePositives: number;
  falsePositives: number;
  trueNegatives: number;
  falseNegatives: number;
}

/** "no" when the first sentence has one of the words No, not, no; otherwise "yes". Source: POPE, as LLaVA's eval_pope.py reads answers. */
export function parsePopeAnswer(text: string): YesNo {
  const firstSentence = text.split(".", 1)[0]!.replaceAll(",", "");
  return firstSentence.split(" ").some((word) => word === "No" || word === "not" || word === "no") ? "no" : "yes";
}

/** POPE's scores with "yes" as the positive class; a ratio over 0 is 0. @throws DataError METRIC_EMPTY without records. */
export function pope(records: readonly PopeRecord[]): PopeScores {
  requireSamples(records.length, "pope");
  const count = (label: YesNo, answer: YesNo) =>
    records.filter((record) => record.label === label && parsePopeAnswer(record.answer) === answer).length;
  const truePositives = count("yes", "yes");
  const falsePositives = count("no", "yes");
  const trueNegatives = count("no", "no");
  const falseNegatives = count("yes", "no");
  const precision = ratio(truePositives, truePositives + falsePositives);
  const recall = ratio(truePositives, truePositives + falseNegatives);
  return {
    accuracy: (truePositives + trueNegatives) / records.length,
    precision,
    recall,
    f1: ratio(2 * precision * recall, precision + recall),
    yesRatio: (truePositives + falsePositives) / records.length,
    truePositives,
    falsePositives,
    trueNegatives,
    falseNegatives,
  };
}

function ratio(numerator: number, denominator: number): number {
  return denominator === 0 ? 0 : numerator / denominator;
}
