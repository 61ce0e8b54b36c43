import { halvingParams } from "./asha.ts";
import { halve } from "./halving.ts";
import { definePruner, stopIfDiverged } from "./pruner.ts";
import { type RungOptions, rungResources } from "./rungs.ts";

export interface Bracket {
  /** Step of its first rung. */
  minResource: number;
  /** Trials it begins with. */
  numTrials: number;
}

/**
 * Brackets of Hyperband, from the most trials with the least steps to a few that run to the end: with s rungs after the first,
 * ceil((sMax + 1) eta^s / (s + 1)) trials. Source: Li et al. 2018, "Hyperband", table 1.
 * @throws SpecError BAD_PRUNER for options that make no rungs
 */
export function hyperbandBrackets(options: Omit<RungOptions, "mode">): Bracket[] {
  const resources = rungResources(options);
  const numBrackets = resources.length;
  return resources.map((minResource, index) => {
    const halvings = numBrackets - 1 - index;
    // Rounded first: eta^s of an eta such as 2.5 is off by an ulp, which ceil would make a whole trial.
    const exact = Number(((numBrackets * options.eta ** halvings) / (halvings + 1)).toPrecision(12));
    return { minResource, numTrials: Math.ceil(exact) };
  });
}

/** The bracket that a trial belongs to, by its number: brackets fill one after the other, then begin again. */
export function bracketOf(trial: number, brackets: readonly Bracket[]): number {
  return placeOf(trial, brackets).bracket;
}

/** A trial's bracket, and the number of the first trial that comes after this filling of it. */
function placeOf(trial: number, brackets: readonly Bracket[]): { bracket: number; end: number } {
  const total = brackets.reduce((sum, { numTrials }) => sum + numTrials, 0);
  let end = trial - (trial % total);
  const bracket = brackets.findIndex(({ numTrials }) => {
    end += numTrials;
    return trial < end;
  });
  return { bracket, end };
}

/** Successive halving in several brackets, so that slow starters have a chance where the first rung would mislead. */
export const hyperband = definePruner({
  title: "Hyperband",
  summary: "Successive halving in brackets that begin at different steps: hedges against a misleading first rung.",
  judgesBy: "watched",
  params: halvingParams,
  decide({ trial, history, params, mode, isOpen }) {
    const { rule, ...options } = params;
    const brackets = hyperbandBrackets(options);
    const { bracket: own, end } = placeOf(trial.trial, brackets);
    const cohort = history.filter((other) => bracketOf(other.trial, brackets) === own);
    const { minResource } = brackets[own]!;
    const isFilling = isOpen && history.length < end;
    const ladder = { ...options, minResource, mode };
    return stopIfDiverged(trial) ?? halve({ options: ladder, rule, trial, cohort, isOpen: isFilling });
  },
});
