import { z } from "zod";
import { wilcoxonSignedRank } from "../../metrics/stats/wilcoxon.ts";
import { advantage, type Mode, type Trial } from "../trial.ts";
import { definePruner, goOn, othersOf, stopIfDiverged } from "./pruner.ts";

/** Up to so many pairs without ties the exact distribution is used. */
const maxExact = 50;

/**
 * Stops a trial that scores worse than the best finished one on the same samples (questions, pictures), by the one-sided
 * signed-rank test. Two cautions. Many looks: the test is made again whenever samples come, and each look is a chance of a
 * false alarm; numLooks divides the level (Bonferroni), for the number of times it will be asked. Clusters: questions about
 * one picture are not independent, hence the true level is higher than the nominal one; score pictures instead.
 * Source: Optuna's WilcoxonPruner.
 */
export const wilcoxon = definePruner({
  title: "Wilcoxon",
  summary:
    "Stops a trial that is worse than the best on the same samples, by a paired signed-rank test. Scores are known when a stage " +
    "stores an evaluation: what comes after the first one (further conditions, categories, benchmarks) is what it can save.",
  judgesBy: "samples",
  params: z.strictObject({
    level: z
      .number()
      .gt(0)
      .lt(0.5)
      .default(0.05)
      .describe("Chance to stop a trial that is in truth as good, over all looks"),
    numLooks: z.int().min(1).max(10_000).default(1).describe("How often a trial will be looked at; divides the level"),
    minSamples: z.int().min(2).max(1_000_000).default(10).describe("Samples in common before anything is stopped"),
  }),
  decide(context) {
    const { trial, params, mode } = context;
    const diverged = stopIfDiverged(trial);
    if (diverged !== null) return diverged;
    const best = bestFinished(othersOf(context), mode);
    if (best === null) return goOn("No other trial has finished.");
    const common = Object.keys(trial.samples).filter((sample) =>
      [trial, best].every((t) => Number.isFinite(t.samples[sample])),
    );
    if (common.length < params.minSamples) return goOn(`${common.length} samples in common with trial ${best.trial}.`);
    const pairs = {
      a: common.map((sample) => trial.samples[sample]!),
      b: common.map((sample) => best.samples[sample]!),
    };
    const differences = pairs.a.map((own, index) => advantage(own, pairs.b[index]!, mode));
    // Ranks may speak against a trial whose mean is higher; such a one could be the best.
    if (sum(differences) >= 0) return goOn(`No worse than trial ${best.trial} on ${common.length} samples.`);
    const p = onesidedP(pairs, differences, mode);
    const level = params.level / params.numLooks;
    const finding = `worse than trial ${best.trial} on ${common.length} samples, p = ${p.toPrecision(2)}`;
    if (p >= level) return goOn(`Not clearly ${finding}; the level of a look is ${level.toPrecision(2)}.`);
    return { action: "stop", reason: `It is ${finding}.` };
  },
});

/** P of differences as low as these, were the trials equal. */
function onesidedP(pairs: { a: number[]; b: number[] }, differences: readonly number[], mode: Mode): number {
  const sizes = differences.map(Math.abs).filter((size) => size !== 0);
  const isExact = sizes.length <= maxExact && new Set(sizes).size === sizes.length;
  const test = wilcoxonSignedRank(
    pairs,
    isExact ? { method: "exact" } : { method: "approx", continuityCorrection: true },
  );
  const [better, worse] = mode === "max" ? [test.wPlus, test.wMinus] : [test.wMinus, test.wPlus];
  return worse > better ? test.pTwoSided / 2 : 1 - test.pTwoSided / 2;
}

function bestFinished(trials: readonly Trial[], mode: Mode): Trial | null {
  let best: { trial: Trial; mean: number } | null = null;
  for (const trial of trials) {
    const scores = Object.values(trial.samples).filter(Number.isFinite);
    if (trial.status !== "succeeded" || scores.length === 0) continue;
    const mean = sum(scores) / scores.length;
    const lead = best === null ? 1 : advantage(mean, best.mean, mode);
    // Of equals the first: the order of the history decides nothing.
    if (best === null || lead > 0 || (lead === 0 && trial.trial < best.trial.trial)) best = { trial, mean };
  }
  return best?.trial ?? null;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
