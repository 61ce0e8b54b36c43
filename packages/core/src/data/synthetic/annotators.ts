import type { Rng } from "../../base/rng.ts";

const NUM_ANNOTATORS = 10;
/** More dissent than this would make another answer the most frequent one. */
const MAX_DISSENT = 4;
const SPELLING_RATE = 0.02;
const NUMBER_WORDS = ["none", "one", "two", "three", "four", "five", "six"];

/**
 * Ten annotators' answers. Each is wrong with probability `noise` (another of the plausible answers, uniformly), or, with
 * probability 0.02, right but spelt otherwise ("two", "a circle"), which VQA normalisation undoes. At most four of the ten
 * deviate in either way, so that the truth stays the most frequent answer.
 */
export function annotate(rng: Rng, truth: string, plausible: readonly string[], noise: number): string[] {
  const wrong = plausible.filter((answer) => answer !== truth);
  let dissent = 0;
  return Array.from({ length: NUM_ANNOTATORS }, () => {
    const draw = rng.uniform();
    if (dissent === MAX_DISSENT || draw >= noise + SPELLING_RATE) return truth;
    dissent++;
    if (draw < noise && wrong.length > 0) return rng.pick(wrong);
    return spellOtherwise(truth);
  });
}

function spellOtherwise(answer: string): string {
  if (/^\d+$/.test(answer)) return NUMBER_WORDS[Number(answer)] ?? answer;
  if (answer === "yes" || answer === "no") return `${answer}.`;
  return `a ${answer}`;
}
