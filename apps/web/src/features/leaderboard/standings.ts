import type { LeaderboardRow, MeasuredRecipe } from "@retort/api";
import { fullCondition } from "../run/conditions.ts";

/** The recipe that is opened when nobody has asked for one: that measured last, else the first that trains something; null until both lists are there. */
export function preferred(
  recipes: readonly { name: string }[] | undefined,
  measured: readonly MeasuredRecipe[] | undefined,
): string | null {
  if (recipes === undefined || measured === undefined) return null;
  return measured[0]?.recipe ?? (recipes.find(({ name }) => name !== "diagnostic") ?? recipes[0])?.name ?? null;
}

/** A configuration on one data set and split with its controls. */
export interface Standing {
  id: string;
  full: LeaderboardRow;
  controls: LeaderboardRow[];
}

export interface Board {
  dataset: string;
  split: string;
  /** Best first. */
  standings: Standing[];
  /** Over everything measured here: what the pictures of spread span. */
  lowest: number;
  highest: number;
}

/**
 * Rows as boards of one data set and split each. A control stands under its configuration and is never ranked; one whose
 * configuration has not been measured in full yet is ranked alone, so that no row is lost.
 */
export function boards(rows: readonly LeaderboardRow[]): Board[] {
  const grouped = new Map<string, Board>();
  for (const row of rows) {
    const id = `${row.dataset}/${row.split}`;
    const board = grouped.get(id) ?? {
      dataset: row.dataset,
      split: row.split,
      standings: [],
      lowest: row.min,
      highest: row.max,
    };
    board.lowest = Math.min(board.lowest, row.min);
    board.highest = Math.max(board.highest, row.max);
    grouped.set(id, board);
  }
  for (const [id, board] of grouped) {
    const members = rows.filter((row) => `${row.dataset}/${row.split}` === id);
    const keys = [...new Set(members.map(({ configKey }) => configKey))];
    const standings = keys.map((key): Standing => {
      const own = members.filter(({ configKey }) => configKey === key);
      const full = own.find(({ condition }) => condition === fullCondition) ?? own[0]!;
      return { id: `${id}/${key}`, full, controls: own.filter((row) => row !== full) };
    });
    // The rows came best first; a configuration takes the place of its full row.
    board.standings = standings.sort((a, b) => members.indexOf(a.full) - members.indexOf(b.full));
  }
  // A mean over other boards, which has no samples of its own, stands before what it is made of.
  return [...grouped.values()].sort(
    (a, b) => Number(!isMean(a)) - Number(!isMean(b)) || a.dataset.localeCompare(b.dataset),
  );
}

function isMean({ standings }: Board): boolean {
  return standings.every(({ full }) => full.numSamples === 0);
}

/** What its runs have in common: the name of one without its seed. */
export function configurationName({ name }: { name: string }): string {
  return name.replace(/ \(seed \d+\)$/, "");
}
