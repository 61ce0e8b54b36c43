import { canonicalJson } from "../../base/canonical-json.ts";
import type { Rng } from "../../base/rng.ts";
import { normalLower } from "../../metrics/stats/distributions.ts";
import { type NumericDomain, unitRange, valueAtUnit } from "../domain.ts";
import { decisionOf, type Layout, type Leaf, pointOf } from "../layout.ts";
import type { Point } from "../space.ts";

/** Kernel of a component in one dimension: a category, or the middle of a normal on the unit interval; null: the prior. */
type Center = number | null;

export interface ParzenOptions {
  layout: Layout;
  /** In order of their trials: old ones of many weigh less. */
  points: readonly Point[];
  /** Weight of the prior, in observations. */
  priorWeight: number;
}

/** Observations of one weight before older ones begin to fade. */
const numFullWeight = 25;
/** Width of a kernel for one observation, as a share of the range. */
const baseWidth = 0.2;

/**
 * A density over the points of a space: a mixture of one kernel an observation, a product over the parameters, and a wide
 * prior. Parameters that an observation does not have are drawn from the prior. Numbers live on the unit interval of their
 * domain, truncated to it; on a lattice a value has the mass of its cell. Widths and weights as in Optuna's multivariate TPE
 * (Falkner, Klein and Hutter 2018, "BOHB"; Watanabe 2023, "Tree-structured Parzen estimator").
 */
export class ParzenEstimator {
  readonly #layout: Layout;
  readonly #dimensions: readonly Dimension[];
  /** One a component, the prior last; they sum to 1. */
  readonly #weights: readonly number[];

  constructor({ layout, points, priorWeight }: ParzenOptions) {
    this.#layout = layout;
    const numVarying = layout.leaves.length;
    const width = Math.max(
      baseWidth * Math.max(1, points.length) ** (-1 / (numVarying + 4)),
      1 / Math.min(100, points.length + 2),
    );
    const smoothing = priorWeight / (points.length + 1);
    this.#dimensions = layout.leaves.map((leaf) => dimensionOf(leaf, { points, width, smoothing }));
    const weights = [...fading(points.length), priorWeight];
    const sum = weights.reduce((total, weight) => total + weight, 0);
    this.#weights = weights.map((weight) => weight / sum);
  }

  /** A draw; constraints are not looked at. */
  sample(rng: Rng): Point {
    const component = indexAt(this.#weights, rng.uniform());
    return pointOf(this.#layout, (leaf, index) =>
      valueAtUnit(leaf.domain, this.#dimensions[index]!.sample(component, rng)),
    );
  }

  /** Natural logarithm of the density (mass, on lattices and categories) of a point. */
  logDensity(point: Point): number {
    const present = this.#layout.leaves.flatMap((leaf, index) => {
      const dimension = this.#dimensions[index]!;
      const at = dimension.locate(decisionOf(leaf, point));
      return at === null ? [] : [(component: number) => dimension.logDensity(component, at)];
    });
    const terms = this.#weights.map((weight, component) =>
      present.reduce((sum, logDensity) => sum + logDensity(component), Math.log(weight)),
    );
    const top = Math.max(...terms);
    return top + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - top), 0));
  }
}

/** A place in one dimension: a category's index, or a part of the unit interval. */
interface Place {
  low: number;
  high: number;
}

interface Dimension {
  /** Null where a point has nothing there, or a value that the domain lacks. */
  locate(decision: unknown): Place | null;
  /** A position of the unit interval. */
  sample(component: number, rng: Rng): number;
  logDensity(component: number, place: Place): number;
}

interface Kernels {
  points: readonly Point[];
  width: number;
  /** Added to every category. */
  smoothing: number;
}

function dimensionOf(leaf: Leaf, { points, width, smoothing }: Kernels): Dimension {
  const { domain } = leaf;
  const decisions = points.map((point) => decisionOf(leaf, point));
  if (domain.kind === "numeric") return numericDimension(domain, decisions, width);
  const indices = new Map(domain.values.map((value, index) => [canonicalJson(value), index]));
  const size = domain.values.length;
  const find = (decision: unknown): Center =>
    decision === undefined ? null : (indices.get(canonicalJson(decision)) ?? null);
  return categoricalDimension([...decisions.map(find), null], { size, smoothing, find });
}

function categoricalDimension(
  centers: readonly Center[],
  { size, smoothing, find }: { size: number; smoothing: number; find(decision: unknown): Center },
): Dimension {
  const logUniform = -Math.log(size);
  const total = 1 + size * smoothing;
  const logOwn = Math.log((1 + smoothing) / total);
  const logOther = Math.log(smoothing / total);
  return {
    locate(decision) {
      const index = find(decision);
      return index === null ? null : { low: index, high: index };
    },
    sample(component, rng) {
      const center = centers[component]!;
      if (center === null || rng.uniform() >= 1 / total) return rng.uniform();
      return (center + 0.5) / size;
    },
    logDensity(component, { low }) {
      const center = centers[component]!;
      if (center === null) return logUniform;
      return center === low ? logOwn : logOther;
    },
  };
}

function numericDimension(domain: NumericDomain, decisions: readonly unknown[], width: number): Dimension {
  const locate = (decision: unknown) => (typeof decision === "number" ? unitRange(domain, decision) : null);
  const kernels = [...decisions.map(locate), null].map((place) => {
    // The prior is as wide as the range.
    const [middle, sigma] = place === null ? [0.5, 1] : [(place.low + place.high) / 2, width];
    const inside = normalLower((1 - middle) / sigma) - normalLower(-middle / sigma);
    return { middle, sigma, inside, logScale: -Math.log(sigma * Math.sqrt(2 * Math.PI) * inside) };
  });
  return {
    locate,
    sample(component, rng) {
      const { middle, sigma } = kernels[component]!;
      // The middle lies inside, so that a third of the draws and more do.
      for (;;) {
        const unit = middle + sigma * rng.normal();
        if (unit >= 0 && unit < 1) return unit;
      }
    },
    logDensity(component, { low, high }) {
      const { middle, sigma, inside, logScale } = kernels[component]!;
      if (low === high) return logScale - ((low - middle) / sigma) ** 2 / 2;
      const mass = normalLower((high - middle) / sigma) - normalLower((low - middle) / sigma);
      // Far out the difference of two tails is 0 in doubles; the density at the middle of the cell still tells places apart.
      if (mass > 1e-12) return Math.log(mass / inside);
      return logScale - (((low + high) / 2 - middle) / sigma) ** 2 / 2 + Math.log(high - low);
    },
  };
}

/** The part in which a position lies, parts of those widths laid end to end. */
function indexAt(widths: readonly number[], position: number): number {
  let end = 0;
  for (const [index, width] of widths.entries()) {
    end += width;
    if (position < end) return index;
  }
  return widths.length - 1;
}

/** Weights of n observations, oldest first: the last 25 count in full, those before them linearly less. */
function fading(count: number): number[] {
  const numFading = Math.max(0, count - numFullWeight);
  return Array.from({ length: count }, (_, index) => {
    if (index >= numFading) return 1;
    return numFading === 1 ? 1 / count : 1 / count + (index / (numFading - 1)) * (1 - 1 / count);
  });
}
