import { canonicalJson, type Json } from "../base/canonical-json.ts";
import { SpecError } from "../base/errors.ts";
import type { Ablation } from "./space.ts";

/** One row of an ablation table: which components are changed, and the values that make it. */
export interface AblationCell {
  /** "full", "none", "without mdist", "only rdist", "without rdist, mdist=weak". */
  label: string;
  /** Path of a parameter -> value. */
  set: Readonly<Record<string, Json>>;
}

type Axis = Ablation["axes"][string];

/**
 * The rows of an ablation, the reference first. Rows with equal values are one.
 * @throws SpecError DUPLICATE_PARAMETER when two axes set one parameter.
 */
export function ablationCells({ mode, axes }: Ablation, name: string): AblationCell[] {
  const names = Object.keys(axes);
  requireSeparateAxes(axes, name);
  const levels = names.map((axis) => levelsOf(axes[axis]!));
  const rows = mode === "factorial" ? combinations(levels) : changes(levels, mode === "all-but-one" ? "on" : "off");
  const cells = new Map<string, AblationCell>();
  for (const row of rows) {
    const set = Object.assign({}, ...row.map((level, index) => levels[index]!.get(level)));
    const key = canonicalJson(set);
    if (!cells.has(key)) cells.set(key, { label: label(row, names, mode), set });
  }
  return [...cells.values()];
}

/** Level -> values; "on" and "off" and the variants' names. */
function levelsOf({ off, on, variants }: Axis): Map<string, Readonly<Record<string, Json>>> {
  return new Map([["on", on], ["off", off], ...Object.entries(variants)]);
}

/** All at the reference level, then each axis at each of its other levels. */
function changes(levels: readonly ReadonlyMap<string, unknown>[], reference: string): string[][] {
  const base = levels.map(() => reference);
  const others = levels.flatMap((axis, index) =>
    [...axis.keys()].filter((level) => level !== reference).map((level) => base.with(index, level)),
  );
  return [base, ...others];
}

function combinations(levels: readonly ReadonlyMap<string, unknown>[]): string[][] {
  return levels.reduce<string[][]>(
    (rows, axis) => rows.flatMap((row) => [...axis.keys()].map((level) => [...row, level])),
    [[]],
  );
}

function label(row: readonly string[], names: readonly string[], mode: Ablation["mode"]): string {
  const at = (level: string) => names.filter((_, index) => row[index] === level);
  const variants = names.flatMap((name, index) =>
    ["on", "off"].includes(row[index]!) ? [] : [`${name}=${row[index]}`],
  );
  const [on, off] = [at("on"), at("off")];
  if (variants.length === 0 && off.length === 0) return "full";
  if (variants.length === 0 && on.length === 0) return "none";
  const saysWithout = mode !== "one-at-a-time";
  const rest = saysWithout ? off.map((name) => `without ${name}`) : on.map((name) => `only ${name}`);
  return [...rest, ...variants].join(", ");
}

function requireSeparateAxes(axes: Ablation["axes"], name: string): void {
  const setBy = new Map<string, string>();
  for (const [axis, { on, off, variants }] of Object.entries(axes)) {
    for (const path of new Set([on, off, ...Object.values(variants)].flatMap((level) => Object.keys(level)))) {
      const other = setBy.get(path);
      if (other !== undefined) {
        throw new SpecError({
          code: "DUPLICATE_PARAMETER",
          message: `Two axes of the ablation "${name}" set the parameter "${path}"`,
          expected: "each parameter in one axis",
          got: `${other} and ${axis}`,
          where: `ablations.${name}`,
          fix: "Make them one axis with variants.",
        });
      }
      setBy.set(path, axis);
    }
  }
}
