import type { Rng } from "../../base/rng.ts";

/**
 * The option that an answer chooses: a letter in brackets, else a letter between spaces, else in answers of more than five
 * words the text of an option; of several the one that stands last; of none a draw. Source: MMMU, eval_utils.py.
 */
export function parseMmmuChoice(answer: string, options: Readonly<Record<string, string>>, rng: Rng): string {
  let text = answer;
  // One kind of mark after the other, as the official code strips them.
  for (const mark of [",", ".", "!", "?", ";", ":", "'"]) text = stripped(text, mark);
  const padded = ` ${text} `;
  const letters = Object.keys(options);
  const last = (found: readonly string[], at: (letter: string) => number) =>
    found.reduce((best, letter) => (at(letter) > at(best) ? letter : best));

  const bracketed = letters.filter((letter) => padded.includes(`(${letter})`));
  if (bracketed.length > 0) return last(bracketed, (letter) => padded.lastIndexOf(`(${letter})`));
  const spaced = letters.filter((letter) => padded.includes(` ${letter} `));
  if (spaced.length > 0) return last(spaced, (letter) => padded.lastIndexOf(` ${letter} `));
  const lower = padded.toLowerCase();
  const optionAt = (letter: string) => lower.lastIndexOf(options[letter]!.toLowerCase());
  const long = padded.split(/\s+/).filter((word) => word !== "").length > 5;
  const written = long ? letters.filter((letter) => optionAt(letter) >= 0) : [];
  if (written.length > 0) return last(written, optionAt);
  return letters[rng.integer(letters.length)]!;
}

/** Do an open answer's candidates hold one of the right answers? Source: MMMU, eval_utils.py, eval_open. */
export function isMmmuOpenRight(answer: string, truths: readonly string[]): boolean {
  const right = truths.flatMap(normalizedForms);
  return openCandidates(answer).some((candidate) =>
    typeof candidate === "string"
      ? right.some((truth) => typeof truth === "string" && candidate.includes(truth))
      : right.includes(candidate),
  );
}

const indicators = ["could be ", "so ", "is ", "thus ", "therefore ", "final ", "answer ", "result "];

/** What of an open answer may be its result: the tails of its sentences behind words that announce one, and all numbers in them. */
export function openCandidates(answer: string): (string | number)[] {
  const keys = keyParts(answer);
  return [...new Set([...keys, ...keys.flatMap(numbersIn)].flatMap(normalizedForms))];
}

function keyParts(answer: string): string[] {
  const whole = stripped(answer.trim(), ".").toLowerCase();
  // The official code lowers the text first, so that a full stop before a capital never splits: only new lines do.
  const parts = whole.split(/\.\s(?=[A-Z])|\n/);
  const found: string[] = [];
  parts.forEach((part, index) => {
    const announcing = index === parts.length - 1 ? [...indicators, "="] : indicators;
    const tails = announcing.filter((word) => part.includes(word)).map((word) => part.split(word).at(-1)!.trim());
    if (tails.length === 0) return;
    // The first of equally short ones; an empty one gives way to whatever follows, as in the official code.
    const shortest = tails.reduce((best, tail) => (best === "" || tail.length < best.length ? tail : best));
    if (shortest !== "" && ![":", ",", ".", "!", "?", ";", "'"].includes(shortest)) found.push(shortest);
  });
  return found.length === 0 ? [whole] : found;
}

function numbersIn(text: string): string[] {
  return [
    /-?\b\d{1,3}(?:,\d{3})+\b/g,
    /-?\d+(?:\.\d+)?[eE][+-]?\d+/g,
    /-?(?:\d+\.\d+|\.\d+|\d+\b)(?![eE][+-]?\d+)(?![,\d])/g,
  ].flatMap((pattern) => text.match(pattern) ?? []);
}

/** A number to two decimals, or lower-case text; a single character only beside a space, so that it does not match in words. */
function normalizedForms(text: string): (string | number)[] {
  const trimmed = text.trim();
  const plain = trimmed.replaceAll(",", "");
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain)) return [Number(Number(plain).toFixed(2))];
  const lower = trimmed.toLowerCase();
  return lower.length === 1 ? [` ${lower}`, `${lower} `] : [lower];
}

function stripped(text: string, mark: string): string {
  let [from, to] = [0, text.length];
  while (from < to && text[from] === mark) from++;
  while (to > from && text[to - 1] === mark) to--;
  return text.slice(from, to);
}
