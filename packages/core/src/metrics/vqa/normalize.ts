import { contractions } from "./contractions.ts";

const PUNCTUATION = [...'/;[]"{}()=+\\_-><@`,?!'];
const DIGIT_COMMA_DIGIT = /\p{Nd},\p{Nd}/u;
const PERIOD_BEFORE_NO_DIGIT = /\.(?!\p{Nd})/gu;
/** The official code passes a regular expression flag (32) where the function expects a count. */
const MAX_PERIODS_REMOVED = 32;
/** White space as Python's str.split() knows it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: Python counts the four separators 0x1c to 0x1f as white space.
const WHITE_SPACE = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/u;
const OUTER_WHITE_SPACE = new RegExp(`^${WHITE_SPACE.source}|${WHITE_SPACE.source}$`, "gu");
const ARTICLES = new Set(["a", "an", "the"]);
const NUMBER_WORDS: ReadonlyMap<string, string> = new Map([
  ["none", "0"],
  ["zero", "0"],
  ["one", "1"],
  ["two", "2"],
  ["three", "3"],
  ["four", "4"],
  ["five", "5"],
  ["six", "6"],
  ["seven", "7"],
  ["eight", "8"],
  ["nine", "9"],
  ["ten", "10"],
]);

/** New lines and tabs as spaces, none at the ends: what VQA's evaluator does to every answer before it compares. */
export function trimVqaAnswer(text: string): string {
  return text.replace(/[\n\t]/g, " ").replace(OUTER_WHITE_SPACE, "");
}

/**
 * An answer as VQA's evaluator compares it when annotators disagree: punctuation and articles removed, number words as
 * digits, contractions with their apostrophes, lower case. Its quirks are kept.
 * Source: GT-Vision-Lab/VQA, vqaEval.py, processPunctuation and processDigitArticle.
 */
export function normalizeVqaAnswer(text: string): string {
  const words = removePunctuation(trimVqaAnswer(text)).toLowerCase();
  return words
    .split(WHITE_SPACE)
    .filter((word) => word !== "")
    .map((word) => NUMBER_WORDS.get(word) ?? word)
    .filter((word) => !ARTICLES.has(word))
    .map((word) => contractions.get(word) ?? word)
    .join(" ");
}

function removePunctuation(text: string): string {
  const holdsGroupedDigits = DIGIT_COMMA_DIGIT.test(text);
  let out = text;
  for (const mark of PUNCTUATION) {
    // Tested on the unchanged text: one " -" anywhere deletes every "-" of the answer.
    const touchesSpace = text.includes(`${mark} `) || text.includes(` ${mark}`);
    out = out.replaceAll(mark, touchesSpace || holdsGroupedDigits ? "" : " ");
  }
  let removed = 0;
  return out.replace(PERIOD_BEFORE_NO_DIGIT, (period) => (removed++ < MAX_PERIODS_REMOVED ? "" : period));
}
