import { canonicalJson, columnsOf, flatPoint, groupBy, type Json, labelsOf, layoutOf } from "@retort/core";
import type { Database, SweepRow, TrialRow } from "@retort/db";
import type { SweepFailures, SweepImportance } from "../contract/sweep.ts";
import { deviationOf, findSweepRow, meanOf } from "./sweep.ts";

/** Ranges that a parameter with many values is shown in. */
const numRanges = 5;

interface ValueGroup {
  value: Json;
  label: string;
  trials: TrialRow[];
}

/** How trials ended, by each value of each parameter: a value that only ever crashes is no bad value. @throws NotFoundError */
export async function findFailures(db: Database, sweepId: string): Promise<SweepFailures> {
  const sweep = await findSweepRow(db, sweepId);
  return groupsOf(sweep, await db.sweeps.trials(sweep)).map(({ parameter, groups }) => ({
    parameter,
    values: groups.map(({ value, label, trials }) => {
      const kinds: Record<string, number> = {};
      for (const { status, failure } of trials) {
        if (status === "failed") kinds[failure?.kind ?? "unknown"] = (kinds[failure?.kind ?? "unknown"] ?? 0) + 1;
      }
      const count = (status: TrialRow["status"]) => trials.filter((trial) => trial.status === status).length;
      return {
        ...{ value, label, n: trials.length, kinds },
        ...{ succeeded: count("succeeded"), failed: count("failed"), pruned: count("pruned") },
      };
    }),
  }));
}

/**
 * The objective by each value of each parameter, one parameter at a time; the others vary meanwhile, so that this tells of
 * main effects only. Trials without a value (failed, pruned) do not count. @throws NotFoundError
 */
export async function findImportance(db: Database, sweepId: string): Promise<SweepImportance> {
  const sweep = await findSweepRow(db, sweepId);
  const best = sweep.search.mode === "max" ? Math.max : Math.min;
  return groupsOf(sweep, await db.sweeps.trials(sweep)).map(({ parameter, groups }) => {
    const measured = groups.map(({ trials }) => trials.flatMap(({ value }) => value ?? []));
    return {
      parameter,
      explained: shareExplained(measured),
      values: groups.map(({ value, label, trials }, index) => {
        const values = measured[index]!;
        return {
          ...{ value, label, n: trials.length, numMeasured: values.length },
          mean: values.length === 0 ? null : meanOf(values),
          std: deviationOf(values),
          best: values.length === 0 ? null : best(...values),
        };
      }),
    };
  });
}

/** Sum of squares between the groups over the total (eta squared), 0 .. 1; null unless two groups and more values than groups are there. */
function shareExplained(groups: readonly (readonly number[])[]): number | null {
  const filled = groups.filter((group) => group.length > 0);
  const all = filled.flat();
  if (filled.length < 2 || all.length <= filled.length) return null;
  const mean = meanOf(all);
  const total = all.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const between = filled.reduce((sum, group) => sum + group.length * (meanOf(group) - mean) ** 2, 0);
  return total === 0 ? null : between / total;
}

function groupsOf(sweep: SweepRow, trials: readonly TrialRow[]): { parameter: string; groups: ValueGroup[] }[] {
  const layout = layoutOf(sweep.search.space);
  const flat = trials.map(({ point }) => flatPoint(point));
  const labels = trials.map(({ point }) => labelsOf(layout, point));
  const ablations = Object.keys(sweep.search.space.ablations).map((name) => ({
    parameter: `ablations.${name}`,
    groups: group(trials, (index) => labels[index]![name]),
  }));
  const written = new Set(
    Object.values(sweep.search.space.ablations).flatMap(({ axes }) =>
      Object.values(axes).flatMap(({ on, off, variants }) =>
        [on, off, ...Object.values(variants)].flatMap((level) => Object.keys(level)),
      ),
    ),
  );
  const parameters = columnsOf(layout).filter((path) => !written.has(path));
  return [
    ...ablations,
    ...parameters.map((parameter) => ({ parameter, groups: group(trials, (index) => flat[index]![parameter]) })),
  ];
}

function group(trials: readonly TrialRow[], valueAt: (index: number) => Json | undefined): ValueGroup[] {
  const having = trials.flatMap((trial, index) => {
    const value = valueAt(index);
    return value === undefined ? [] : [{ trial, value }];
  });
  const byValue = groupBy(having, ({ value }) => canonicalJson(value));
  const groups = [...byValue.values()].map((members) => ({
    value: members[0]!.value,
    label: textOf(members[0]!.value),
    trials: members.map(({ trial }) => trial),
  }));
  const isNumeric = groups.every(({ value }) => typeof value === "number");
  if (!isNumeric) return groups;
  groups.sort((a, b) => Number(a.value) - Number(b.value));
  return groups.length <= 2 * numRanges ? groups : ranges(groups);
}

/** Of many numbers ranges with about equally many trials. */
function ranges(groups: readonly ValueGroup[]): ValueGroup[] {
  const total = groups.reduce((sum, { trials }) => sum + trials.length, 0);
  const joined: ValueGroup[][] = [];
  let seen = 0;
  for (const each of groups) {
    const range = Math.min(numRanges - 1, Math.floor((seen * numRanges) / total));
    joined[range] = [...(joined[range] ?? []), each];
    seen += each.trials.length;
  }
  return joined.filter(Boolean).map((members) => {
    const [low, high] = [members[0]!.value, members.at(-1)!.value];
    return {
      value: low,
      label: low === high ? textOf(low) : `${textOf(low)} to ${textOf(high)}`,
      trials: members.flatMap(({ trials }) => trials),
    };
  });
}

function textOf(value: Json): string {
  if (typeof value === "number") return String(Number(value.toPrecision(4)));
  if (Array.isArray(value) && value.every((entry) => typeof entry !== "object")) return value.map(textOf).join(", ");
  return typeof value === "string" ? value : JSON.stringify(value);
}
