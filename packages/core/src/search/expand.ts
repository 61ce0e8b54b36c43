import type { Json } from "../base/canonical-json.ts";
import { SpecError } from "../base/errors.ts";
import { domainSize, nthValue, tidy } from "./domain.ts";
import { decide, isActive, isAllowed, type Layout, type Leaf, labelsOf, layoutOf } from "./layout.ts";
import type { Dimension, Point, SearchSpace } from "./space.ts";

export interface ExpandedPoint {
  /** Position in the full product of the dimensions; grows by at least 1 from point to point. */
  index: number;
  point: Point;
  /** Name of each ablation -> the row this point is. */
  labels: Readonly<Record<string, string>>;
}

/**
 * The points of a finite space one by one, in declaration order with the last dimension varying fastest; each point once,
 * constraints fulfilled. Begin anywhere by index. An empty space has one empty point; an empty dimension leaves none.
 * @throws SpecError GRID_NEEDS_COUNT for a continuous dimension without count or quantum, GRID_TOO_LARGE beyond 2^53
 */
export function* expandPoints(space: SearchSpace, options: { from?: number } = {}): Generator<ExpandedPoint, void> {
  yield* expandLayout(layoutOf(space), gridValuesOf, options);
}

/** As expandPoints(), over any finite list of values for each leaf. */
export function* expandLayout(
  layout: Layout,
  valuesOf: (leaf: Leaf) => Values,
  { from = 0 }: { from?: number } = {},
): Generator<ExpandedPoint, void> {
  const lists = layout.leaves.map(valuesOf);
  const total = productOf(lists);
  for (let index = from; index < total; ) {
    const { point, next } = pointAt(layout, lists, index);
    if (point !== null && isAllowed(layout, point)) yield { index, point, labels: labelsOf(layout, point) };
    index = next;
  }
}

export interface PointCount {
  count: number;
  /** False when counting stopped at the limit. */
  complete: boolean;
}

/** How many points a finite space has. Spaces with conditions or constraints are walked, others multiplied. @throws as expandPoints() */
export function countPoints(space: SearchSpace, { limit = 100_000 } = {}): PointCount {
  const layout = layoutOf(space);
  if (layout.constraints.length === 0 && layout.leaves.every(({ conditions }) => conditions.length === 0)) {
    return { count: productOf(layout.leaves.map(gridValuesOf)), complete: true };
  }
  let count = 0;
  for (const _ of expandLayout(layout, gridValuesOf)) {
    if (count === limit) return { count, complete: false };
    count += 1;
  }
  return { count, complete: true };
}

/** A list of values that need not be in memory. */
export interface Values {
  size: number;
  at(index: number): Json;
}

/** Every value of a finite domain. */
export function allValuesOf({ domain }: Leaf): Values {
  return { size: domainSize(domain), at: (index) => nthValue(domain, index) };
}

/** The values a grid takes of a dimension. @throws SpecError GRID_NEEDS_COUNT */
export function gridValuesOf(leaf: Leaf): Values {
  const { target, name } = leaf;
  if (target.kind === "ablation") return allValuesOf(leaf);
  const { dimension } = target;
  if (dimension.type !== "uniform" && dimension.type !== "log") return allValuesOf(leaf);
  if (dimension.count === undefined) {
    if (domainSize(leaf.domain) < Number.POSITIVE_INFINITY) return allValuesOf(leaf);
    throw new SpecError({
      code: "GRID_NEEDS_COUNT",
      message: `A grid takes a number of values from "${name}", and none is given`,
      expected: "count or quantum",
      got: dimension.type,
      where: name,
      fix: "Give count, or take another sampler.",
    });
  }
  const values = spread(dimension, dimension.count);
  return { size: values.length, at: (index) => values[index]! };
}

interface Walked {
  /** Null when another index stands for the same point. */
  point: Point | null;
  next: number;
}

/** Index -> digits of the product, the last leaf varying fastest. A leaf that is not there counts at its first digit only. */
function pointAt({ leaves }: Layout, lists: readonly Values[], index: number): Walked {
  const point: Point = {};
  let places = productOf(lists);
  let rest = index;
  for (const [position, leaf] of leaves.entries()) {
    const { size, at } = lists[position]!;
    const block = places;
    places /= size;
    const digit = Math.floor(rest / places);
    rest %= places;
    if (isActive(leaf, point)) decide(leaf, point, at(digit));
    // All further digits of an absent leaf repeat what its first one gave: on to the next value of the leaf before.
    else if (digit > 0) return { point: null, next: (Math.floor(index / block) + 1) * block };
  }
  return { point, next: index + 1 };
}

function productOf(lists: readonly Values[]): number {
  const total = lists.reduce((product, { size }) => product * size, 1);
  if (total <= Number.MAX_SAFE_INTEGER) return total;
  throw new SpecError({
    code: "GRID_TOO_LARGE",
    message: "The grid has more points than can be counted",
    expected: `at most ${Number.MAX_SAFE_INTEGER}`,
    got: String(total),
    fix: "Take fewer values, or another sampler.",
  });
}

type Spread = Extract<Dimension, { type: "uniform" | "log" }>;

/** Points of a grid, ends exact whatever a logarithm loses; multiples of quantum round half up, repeats dropped. */
function spread({ type, min, max, quantum }: Spread, count: number): number[] {
  const low = type === "log" ? Math.log(min) : min;
  const high = type === "log" ? Math.log(max) : max;
  const values = Array.from({ length: count }, (_, index) => {
    if (index === 0) return min;
    if (index === count - 1) return max;
    const at = low + (index / (count - 1)) * (high - low);
    return type === "log" ? Math.exp(at) : at;
  });
  if (quantum === undefined) return [...new Set(values)];
  return [...new Set(values.map((value) => tidy(Math.floor(value / quantum + 0.5) * quantum)))];
}
