import { canonicalJson, type Json } from "../base/canonical-json.ts";
import { SpecError } from "../base/errors.ts";
import { type AblationCell, ablationCells } from "./ablation.ts";
import { type Constraint, parseConstraint } from "./constraint.ts";
import { type Domain, domainOf } from "./domain.ts";
import { type Path, setAt, valueAt } from "./point.ts";
import { type Condition, type Dimension, isTyped, type Point, type SearchSpace, type Space } from "./space.ts";

/** One decision that a point takes: a parameter, or the row of an ablation. */
export interface Leaf {
  /** "training.lr"; "ablations.components". */
  name: string;
  domain: Domain;
  /** All must hold, else the point has nothing there. */
  conditions: readonly Condition[];
  target:
    | { kind: "parameter"; path: Path; dimension: Dimension }
    | { kind: "ablation"; cells: readonly AblationCell[] };
}

/** A search space made ready for drawing: its decisions, each after those that its conditions name. */
export interface Layout {
  leaves: readonly Leaf[];
  constraints: readonly Constraint[];
}

/**
 * @throws SpecError UNKNOWN_PARAMETER for a condition or constraint on a parameter that the space lacks, DUPLICATE_PARAMETER,
 * CYCLIC_CONDITION, BAD_CONSTRAINT.
 */
export function layoutOf(space: SearchSpace): Layout {
  const leaves = [...parameterLeaves(space.parameters, [], []), ...ablationLeaves(space)];
  const writers = writersOf(leaves);
  const constraints = space.constraints.map(parseConstraint);
  for (const { text, params, optional } of constraints) {
    for (const path of [...params, ...optional]) requireKnown(path, writers, `the constraint "${text}"`);
  }
  return { leaves: inOrder(leaves, writers), constraints };
}

/** Whether the point so far takes this decision. */
export function isActive({ conditions }: Leaf, point: Point): boolean {
  return conditions.every((condition) => {
    const value = valueAt(point, condition.param.split("."));
    if (value === undefined) return false;
    const text = canonicalJson(value);
    return (condition.in ?? [condition.is]).some((wanted) => canonicalJson(wanted) === text);
  });
}

/** Writes a decision's value into the point. */
export function decide({ target }: Leaf, point: Point, value: Json): void {
  if (target.kind === "parameter") setAt(point, target.path, value);
  else
    for (const [path, fixed] of Object.entries(target.cells[value as number]!.set))
      setAt(point, path.split("."), fixed);
}

/** What a point decided; undefined where it took no decision, or one that the space does not have. */
export function decisionOf({ target }: Leaf, point: Point): Json | undefined {
  if (target.kind === "parameter") return valueAt(point, target.path);
  const fits = ({ set }: AblationCell) =>
    Object.entries(set).every(([path, fixed]) => {
      const value = valueAt(point, path.split("."));
      return value !== undefined && canonicalJson(value) === canonicalJson(fixed);
    });
  // A row that sets more tells more: {} fits everything.
  const found = target.cells.map((cell, index) => ({ cell, index })).filter(({ cell }) => fits(cell));
  return found.sort((a, b) => Object.keys(b.cell.set).length - Object.keys(a.cell.set).length)[0]?.index;
}

/** The point that takes each active decision as told, in the layout's order. */
export function pointOf({ leaves }: Layout, choose: (leaf: Leaf, index: number) => Json): Point {
  const point: Point = {};
  leaves.forEach((leaf, index) => {
    if (isActive(leaf, point)) decide(leaf, point, choose(leaf, index));
  });
  return point;
}

/** Whether every constraint holds. @throws SpecError BAD_CONSTRAINT for values that cannot be compared. */
export function isAllowed({ constraints }: Layout, point: Point): boolean {
  return constraints.every((constraint) => constraint.allows(point));
}

/** Name of each ablation -> its row, for tables. */
export function labelsOf({ leaves }: Layout, point: Point): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const leaf of leaves) {
    if (leaf.target.kind !== "ablation") continue;
    const index = decisionOf(leaf, point);
    if (typeof index === "number") labels[leaf.name.slice("ablations.".length)] = leaf.target.cells[index]!.label;
  }
  return labels;
}

/** Dotted paths of all parameters that points may have, in the order of the space. */
export function columnsOf({ leaves }: Layout): string[] {
  return [...new Set(leaves.flatMap(pathsOf))];
}

function parameterLeaves(space: Space, path: Path, conditions: readonly Condition[]): Leaf[] {
  return Object.entries(space).flatMap(([name, entry]): Leaf[] => {
    const here = [...path, ...name.split(".")];
    if (!isTyped(entry)) return parameterLeaves(entry, here, conditions);
    const all = entry.when === undefined ? conditions : [...conditions, entry.when];
    if (entry.type === "group") return parameterLeaves(entry.parameters, here, all);
    const target = { kind: "parameter", path: here, dimension: entry } as const;
    return [{ name: here.join("."), domain: domainOf(entry), conditions: all, target }];
  });
}

function ablationLeaves({ ablations }: SearchSpace): Leaf[] {
  return Object.entries(ablations).map(([name, ablation]) => {
    const cells = ablationCells(ablation, name);
    const domain: Domain = { kind: "categorical", values: cells.map((_, index) => index) };
    return { name: `ablations.${name}`, domain, conditions: [], target: { kind: "ablation", cells } };
  });
}

/** Path of a parameter -> the leaf that writes it. */
function writersOf(leaves: readonly Leaf[]): Map<string, Leaf> {
  const writers = new Map<string, Leaf>();
  for (const leaf of leaves) {
    for (const path of pathsOf(leaf)) {
      const clash = [...writers.keys()].find((other) => isWithin(path, other) || isWithin(other, path));
      if (clash !== undefined) {
        throw new SpecError({
          code: "DUPLICATE_PARAMETER",
          message: `The parameter "${path}" is decided twice`,
          expected: "each parameter once, in parameters or in one ablation",
          got: `${writers.get(clash)!.name} and ${leaf.name}`,
          where: leaf.name,
        });
      }
    }
    for (const path of pathsOf(leaf)) writers.set(path, leaf);
  }
  return writers;
}

function pathsOf({ name, target }: Leaf): string[] {
  return target.kind === "parameter" ? [name] : [...new Set(target.cells.flatMap(({ set }) => Object.keys(set)))];
}

function isWithin(path: string, other: string): boolean {
  return path === other || path.startsWith(`${other}.`);
}

/** Declaration order, but each leaf after those that its conditions name. */
function inOrder(leaves: readonly Leaf[], writers: ReadonlyMap<string, Leaf>): Leaf[] {
  const placed = new Set<Leaf>();
  const visit = (leaf: Leaf, waiting: readonly Leaf[]): void => {
    if (placed.has(leaf)) return;
    if (waiting.includes(leaf)) throw cyclic([...waiting.slice(waiting.indexOf(leaf)), leaf]);
    for (const { param } of leaf.conditions) {
      visit(requireKnown(param, writers, `the condition of "${leaf.name}"`), [...waiting, leaf]);
    }
    placed.add(leaf);
  };
  for (const leaf of leaves) visit(leaf, []);
  return [...placed];
}

function requireKnown(path: string, writers: ReadonlyMap<string, Leaf>, where: string): Leaf {
  const writer = writers.get(path);
  if (writer !== undefined) return writer;
  throw new SpecError({
    code: "UNKNOWN_PARAMETER",
    message: `The space has no parameter "${path}"`,
    expected: [...writers.keys()].join(", ") || "a space with parameters",
    got: path,
    where,
  });
}

function cyclic(leaves: readonly Leaf[]): SpecError {
  return new SpecError({
    code: "CYCLIC_CONDITION",
    message: "Conditions wait for each other",
    expected: "conditions on parameters that exist without this one",
    got: leaves.map(({ name }) => name).join(" -> "),
    where: "parameters",
  });
}
