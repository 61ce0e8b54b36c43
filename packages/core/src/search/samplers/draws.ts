import { SpecError } from "../../base/errors.ts";
import { valueAtUnit } from "../domain.ts";
import { allValuesOf, expandLayout } from "../expand.ts";
import { isAllowed, type Layout, type Leaf, pointOf } from "../layout.ts";
import { pointKey } from "../point.ts";
import type { Point } from "../space.ts";
import type { Trial } from "../trial.ts";

/** Draws that may fail a constraint or repeat a point before the rest of a finite space is listed instead. */
const maxDraws = 1_000;
/** Finite spaces up to this many points are listed when draws keep repeating. */
const maxListed = 100_000;

/** Points that a sweep has, growing while a batch is asked for. */
export function takenPoints(history: readonly Trial[]): Set<string> {
  return new Set(history.map(({ point, key }) => key ?? pointKey(point)));
}

/** A point from one number of [0, 1) for each decision. */
export function pointFromUnits(layout: Layout, unitOf: (leaf: Leaf, index: number) => number): Point {
  return pointOf(layout, (leaf, index) => valueAtUnit(leaf.domain, unitOf(leaf, index)));
}

export interface NewPointOptions {
  layout: Layout;
  taken: ReadonlySet<string>;
  /** The next draw. */
  draw(): Point;
  /** One of the points that are left, when draws find none of them. */
  pick(left: readonly Point[]): Point;
}

/**
 * The first draw that is allowed and not taken; null when the space has no such point left.
 * @throws SpecError NO_FEASIBLE_POINT when a space that cannot be listed gives none
 */
export function newPoint({ layout, taken, draw, pick }: NewPointOptions): Point | null {
  for (let tried = 0; tried < maxDraws; tried++) {
    const point = draw();
    if (!taken.has(pointKey(point)) && isAllowed(layout, point)) return point;
  }
  if (fullSize(layout) > maxListed) throw noFeasiblePoint();
  const left: Point[] = [];
  for (const { point } of expandLayout(layout, allValuesOf)) if (!taken.has(pointKey(point))) left.push(point);
  return left.length === 0 ? null : pick(left);
}

/** Points of the full product, absent parameters and constraints not counted; infinite for continuous spaces. */
export function fullSize({ leaves }: Layout): number {
  const sizes = leaves.map((leaf) => allValuesOf(leaf).size);
  return sizes.includes(0) ? 0 : sizes.reduce((product, size) => product * size, 1);
}

function noFeasiblePoint(): SpecError {
  return new SpecError({
    code: "NO_FEASIBLE_POINT",
    message: `None of ${maxDraws} draws is new and fulfils the constraints`,
    expected: "constraints that leave a good part of the space",
    got: "a space of which hardly anything is left",
    where: "constraints",
    fix: "Narrow the parameters so that most combinations are allowed.",
  });
}
