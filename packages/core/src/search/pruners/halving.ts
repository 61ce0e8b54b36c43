import { numberAt, type Trial } from "../trial.ts";
import { goOn, type PrunerDecision } from "./pruner.ts";
import { type RungOptions, rankRung, rungResources, type TrialValue } from "./rungs.ts";

/** How rungs decide. */
export type HalvingRule = "stopping" | "promotion" | "synchronous";

export interface Halving {
  options: RungOptions;
  rule: HalvingRule;
  trial: Trial;
  /** The trials it is measured against, itself among them or not. */
  cohort: readonly Trial[];
  /** Trials of the cohort are still to be created. */
  isOpen: boolean;
}

/**
 * Successive halving's answer for one trial at the highest rung it has a value for.
 * stopping: goes on when among the best 1/eta of those that came so far (at least one), else stops at once.
 * promotion: waits until it is among the best floor(n/eta) of those that came so far (Li et al. 2020, algorithm 2).
 * synchronous: waits for all of the cohort, those too that the sweep has not created yet, then the best floor(n/eta) go on and the others stop.
 */
export function halve({ options, rule, trial, cohort, isOpen }: Halving): PrunerDecision {
  const resources = rungResources(options);
  const rung = resources.findLastIndex((resource) => numberAt(trial, resource) !== null);
  if (rung === -1 || rung === resources.length - 1)
    return goOn(rung === -1 ? "It has reached no rung." : "It is in the last rung.");
  const resource = resources[rung]!;
  const all = [...cohort.filter((other) => other.trial !== trial.trial), trial];
  const { values, awaited } = rungOf(all, { resources, rung, options });
  const { ranking, promoted } = rankRung(values, options);
  const place = `${ranking.indexOf(trial.trial) + 1} of ${values.size} at step ${resource}`;
  // A synchronous rung decides when it is complete, and a trial alone in a rung is its best.
  if (rule === "synchronous" && (awaited > 0 || isOpen)) {
    const others = [...(awaited > 0 ? [`${awaited} trials`] : []), ...(isOpen ? ["trials to come"] : [])].join(" and ");
    return { action: "pause", reason: `Waits for ${others}; ${place} so far.` };
  }
  if (promoted.includes(trial.trial)) return goOn(`Promoted: ${place}.`);
  if (ranking[0] === trial.trial && rule !== "promotion") return goOn(`Best: ${place}.`);
  if (rule === "promotion") return { action: "pause", reason: `Not promoted yet: ${place}.` };
  return { action: "stop", reason: `Not among the best 1/${options.eta}: ${place}.` };
}

interface RungMembership {
  resources: readonly number[];
  rung: number;
  options: Pick<RungOptions, "eta" | "mode">;
}

/** Values at a rung by trial, and how many of those that belong to it have not come. Failed ones count, without a value. */
function rungOf(trials: readonly Trial[], { resources, rung, options }: RungMembership) {
  // Below, whoever is not promoted from the rung before never comes here.
  let members = trials.filter(({ status }) => status !== "cancelled");
  for (let below = 0; below < rung; below++) {
    const { promoted } = rankRung(valuesAt(members, resources[below]!), options);
    const reached = (trial: Trial) => resources.slice(below + 1).some((resource) => numberAt(trial, resource) !== null);
    members = members.filter((trial) => promoted.includes(trial.trial) || reached(trial));
  }
  const resource = resources[rung]!;
  const isOver = ({ status }: Trial) => ["failed", "pruned", "succeeded"].includes(status);
  const present = members.filter((trial) => numberAt(trial, resource) !== null || isOver(trial));
  return { values: valuesAt(present, resource), awaited: members.length - present.length };
}

function valuesAt(trials: readonly Trial[], resource: number): Map<number, TrialValue> {
  return new Map(trials.map((trial) => [trial.trial, numberAt(trial, resource)]));
}

/**
 * The trials that wait at a rung and may go on now, highest rung first: of each rung the best floor(n/eta) that have not gone
 * on yet. Source: Li et al. 2020, "A System for Massively Parallel Hyperparameter Tuning", get_job.
 */
export function asyncPromotions(trials: readonly Trial[], options: RungOptions): number[] {
  const resources = rungResources(options);
  return resources
    .slice(0, -1)
    .flatMap((resource, rung) => [{ resource, rung }])
    .toReversed()
    .flatMap(({ resource, rung }) => {
      const here = trials.filter((trial) => numberAt(trial, resource) !== null && trial.status !== "cancelled");
      const { promoted } = rankRung(valuesAt(here, resource), options);
      return promoted.filter((number) => {
        const trial = here.find((candidate) => candidate.trial === number)!;
        const hasGoneOn = resources.slice(rung + 1).some((next) => numberAt(trial, next) !== null);
        return trial.status === "paused" && !hasGoneOn;
      });
    });
}
