import { z } from "zod";
import { advantage, isNumber, lastOf, numberAt } from "../trial.ts";
import { definePruner, goOn, othersOf, stopIfDiverged } from "./pruner.ts";

/**
 * Stops a trial whose best value so far is worse than the median of what the others had at the same step.
 * Source: Golovin et al. 2017, "Google Vizier", in Optuna's form (best instead of average so far).
 */
export const median = definePruner({
  title: "Median",
  summary: "Stops a trial that is worse than half of the others were at the same step.",
  judgesBy: "watched",
  params: z.strictObject({
    numStartup: z.int().min(1).max(10_000).default(5).describe("Other trials that must have a value at the step"),
    warmupSteps: z.int().nonnegative().default(0).describe("Nothing is stopped before this step"),
  }),
  decide(context) {
    const { trial, params, mode } = context;
    const diverged = stopIfDiverged(trial);
    if (diverged !== null) return diverged;
    const last = lastOf(trial);
    if (last === null || last.step < params.warmupSteps) return goOn("It is too early to tell.");
    const others = othersOf(context).flatMap((other) => numberAt(other, last.step) ?? []);
    if (others.length < params.numStartup)
      return goOn(`Only ${others.length} other trials have a value at step ${last.step}.`);
    const values = trial.intermediates.flatMap(({ value }) => (isNumber(value) ? [value] : []));
    const best = values.reduce((a, b) => (advantage(b, a, mode) > 0 ? b : a));
    const middle = medianOf(others);
    if (advantage(best, middle, mode) >= 0)
      return goOn(`Its best, ${best}, is no worse than the median ${middle} at step ${last.step}.`);
    return {
      action: "stop",
      reason: `Its best, ${best}, is worse than the median ${middle} of ${others.length} trials at step ${last.step}.`,
    };
  },
});

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
