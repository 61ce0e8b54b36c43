import { mean, requireSamples } from "../input.ts";

const OPTIONS = ["A", "B", "C", "D", "E"];

export interface ScienceQaItem {
  /** The model's free text. */
  text: string;
  numChoices: number;
  /** Index of the right choice. */
  answer: number;
  hasImage: boolean;
}

export interface ScienceQaScores {
  accuracy: number;
  /** Over the items with an image; null when there are none. */
  imageAccuracy: number | null;
  numCorrect: number;
}

export interface ScienceQaAnswer {
  /** The letter that was read, or "FAILED". */
  letter: string;
  /** Index of the letter among the choices, or -1. */
  index: number;
}

/** Reads "B", "B. text" or one "The answer is B." Source: LLaVA, eval_science_qa.py. */
export function parseScienceQaAnswer(text: string, numChoices: number): ScienceQaAnswer {
  const letter = readLetter(text);
  return { letter, index: OPTIONS.slice(0, numChoices).indexOf(letter) };
}

/** ScienceQA accuracy over all items and over those with an image. @throws DataError METRIC_EMPTY without items. */
export function scienceqa(items: readonly ScienceQaItem[]): ScienceQaScores {
  requireSamples(items.length, "scienceqa");
  const isRight = ({ text, numChoices, answer }: ScienceQaItem) =>
    parseScienceQaAnswer(text, numChoices).index === answer;
  const right = items.map((item) => Number(isRight(item)));
  const withImage = items.filter(({ hasImage }) => hasImage);
  return {
    accuracy: mean(right),
    imageAccuracy: withImage.length === 0 ? null : mean(withImage.map((item) => Number(isRight(item)))),
    numCorrect: right.reduce((sum, value) => sum + value, 0),
  };
}

function readLetter(text: string): string {
  if (OPTIONS.includes(text)) return text;
  const [first, ...rest] = text;
  if (first !== undefined && OPTIONS.includes(first) && rest.slice(0, 2).join("") === ". ") return first;
  const stated = [...text.matchAll(/The answer is ([A-Z])./gu)];
  return stated.length === 1 ? stated[0]![1]! : "FAILED";
}
