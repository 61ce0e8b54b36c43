import { SpecError } from "../../base/errors.ts";
import type { Mode } from "../trial.ts";

export interface RungOptions {
  /** One trial of eta goes on to eta times the resource. */
  eta: number;
  minResource: number;
  maxResource: number;
  /** Whether higher or lower values are better. */
  mode: Mode;
}

export interface Rung {
  /** Steps, epochs or whatever the budget counts. */
  resource: number;
  /** Trials evaluated here, by index, ascending. */
  evaluated: number[];
  /** The same trials, best first. */
  ranking: number[];
  /** Those that go on, best first. */
  promoted: number[];
}

/** A trial's value at a rung; null when it failed. */
export type TrialValue = number | null;

/** Resources of the rungs: minResource, times eta each, at most maxResource. @throws SpecError for options that make no rungs. */
export function rungResources({ eta, minResource, maxResource }: Omit<RungOptions, "mode">): number[] {
  if (!(eta > 1) || !(minResource > 0) || !(maxResource >= minResource)) {
    throw new SpecError({
      code: "BAD_PRUNER",
      message: "Successive halving needs a growing budget",
      expected: "eta > 1 and 0 < minResource <= maxResource",
      got: `eta ${eta}, minResource ${minResource}, maxResource ${maxResource}`,
    });
  }
  const resources: number[] = [];
  for (let resource = minResource; resource <= maxResource; resource *= eta) resources.push(resource);
  return resources;
}

/**
 * Ranks the trials of one rung and promotes floor(n / eta) of them: failed trials come last and are never promoted, equal
 * values go to the lower index. Source: Li et al. 2020, "A System for Massively Parallel Hyperparameter Tuning", synchronous.
 * @param values value of each evaluated trial, by trial index.
 */
export function rankRung(
  values: ReadonlyMap<number, TrialValue>,
  { eta, mode }: Pick<RungOptions, "eta" | "mode">,
): Pick<Rung, "ranking" | "promoted"> {
  // Failed trials have no value to compare; NaN counts as failed.
  const failed = (trial: number) => Number.isNaN(values.get(trial) ?? Number.NaN);
  const better = (a: number, b: number) =>
    mode === "max" ? values.get(b)! - values.get(a)! : values.get(a)! - values.get(b)!;
  const alive = [...values.keys()].filter((trial) => !failed(trial)).sort((a, b) => better(a, b) || a - b);
  const ranking = [...alive, ...[...values.keys()].filter(failed).sort((a, b) => a - b)];
  const promoted = alive.slice(0, Math.floor(values.size / eta));
  return { ranking, promoted };
}

export interface HalvingResult {
  resources: number[];
  rungs: Rung[];
  /** First of the last evaluated rung; null when there were no trials. */
  bestTrial: number | null;
}

/**
 * Runs successive halving over values that are already known, in memory: what the pruner would have kept.
 * @param table value of trial t at rung r as table[t][r].
 */
export function halveTable(table: readonly (readonly TrialValue[])[], options: RungOptions): HalvingResult {
  const resources = rungResources(options);
  const rungs: Rung[] = [];
  let alive = table.map((_, trial) => trial);
  resources.forEach((resource, index) => {
    if (alive.length === 0) return;
    const { ranking, promoted } = rankRung(
      new Map(alive.map((trial) => [trial, table[trial]?.[index] ?? null])),
      options,
    );
    const goingOn = index === resources.length - 1 ? [] : promoted;
    rungs.push({ resource, evaluated: alive, ranking, promoted: goingOn });
    alive = [...goingOn].sort((a, b) => a - b);
  });
  return { resources, rungs, bestTrial: rungs.at(-1)?.ranking[0] ?? null };
}
