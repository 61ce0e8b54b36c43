import type { Json } from "../base/canonical-json.ts";
import type { Dimension } from "./space.ts";

/** Values that have no order. */
export interface CategoricalDomain {
  kind: "categorical";
  values: readonly Json[];
}

/** Numbers between two ends; a lattice allows only origin + k step, k < size. */
export interface NumericDomain {
  kind: "numeric";
  scale: "linear" | "log";
  min: number;
  max: number;
  lattice: { origin: number; step: number; size: number } | null;
}

/** Where a parameter's values lie: what samplers see of a dimension. The unit interval is spread over it evenly on its scale. */
export type Domain = CategoricalDomain | NumericDomain;

export function domainOf(dimension: Dimension): Domain {
  switch (dimension.type) {
    case "choice":
      return { kind: "categorical", values: dimension.values };
    case "constant":
      return { kind: "categorical", values: [dimension.value] };
    case "int": {
      const { min, max, step, scale } = dimension;
      const size = Math.floor((max - min) / step) + 1;
      return { kind: "numeric", scale, min, max, lattice: { origin: min, step, size } };
    }
    case "uniform":
    case "log": {
      const { min, max, quantum, type } = dimension;
      const scale = type === "log" ? "log" : "linear";
      return { kind: "numeric", scale, min, max, lattice: quantum === undefined ? null : multiples(min, max, quantum) };
    }
  }
}

/** Number of values; infinite for a continuous domain of some width. */
export function domainSize(domain: Domain): number {
  if (domain.kind === "categorical") return domain.values.length;
  if (domain.lattice !== null) return domain.lattice.size;
  return domain.min === domain.max ? 1 : Number.POSITIVE_INFINITY;
}

/** The k-th value of a finite domain, ascending or as declared. */
export function nthValue(domain: Domain, index: number): Json {
  if (domain.kind === "categorical") return domain.values[index]!;
  return domain.lattice === null ? domain.min : latticeValue(domain.lattice, index);
}

/** The value at a position of the unit interval, 0 <= unit < 1. */
export function valueAtUnit(domain: Domain, unit: number): Json {
  if (domain.kind === "categorical") return domain.values[Math.floor(unit * domain.values.length)]!;
  const { low, high } = span(domain);
  const at = low + unit * (high - low);
  if (domain.lattice === null) return clamp(domain.scale === "log" ? Math.exp(at) : at, domain.min, domain.max);
  const { origin, step, size } = domain.lattice;
  if (domain.scale === "linear") return latticeValue(domain.lattice, Math.min(size - 1, Math.floor(unit * size)));
  const below = clamp(Math.floor((Math.exp(at) - origin) / step), 0, size - 1);
  const isNext = below + 1 < size && at >= edgeAbove(domain.lattice, below);
  return latticeValue(domain.lattice, isNext ? below + 1 : below);
}

/** A part of the unit interval. */
export interface UnitRange {
  low: number;
  high: number;
}

/** The part of the unit interval that gives a number: a cell of a lattice, one position of a continuum. Kept inside [0, 1]. */
export function unitRange(domain: NumericDomain, value: number): UnitRange {
  const { low, high } = span(domain);
  if (low === high) return { low: 0, high: 1 };
  const unit = (at: number) => clamp((at - low) / (high - low), 0, 1);
  if (domain.lattice === null) {
    const position = unit(domain.scale === "log" ? Math.log(value) : value);
    return { low: position, high: position };
  }
  const { origin, step, size } = domain.lattice;
  const index = clamp(Math.round((value - origin) / step), 0, size - 1);
  if (domain.scale === "linear") return { low: index / size, high: (index + 1) / size };
  return {
    low: index === 0 ? 0 : unit(edgeAbove(domain.lattice, index - 1)),
    high: index === size - 1 ? 1 : unit(edgeAbove(domain.lattice, index)),
  };
}

type Lattice = NonNullable<NumericDomain["lattice"]>;

/** Ends of the domain on its scale; a lattice reaches half a cell beyond its outer values, so that these are drawn as often. */
function span({ scale, min, max, lattice }: NumericDomain): UnitRange {
  if (scale === "linear") return { low: min, high: max };
  if (lattice === null) return { low: Math.log(min), high: Math.log(max) };
  const { size } = lattice;
  const first = Math.log(latticeValue(lattice, 0));
  const last = Math.log(latticeValue(lattice, size - 1));
  if (size === 1) return { low: first, high: last };
  return { low: 2 * first - edgeAbove(lattice, 0), high: 2 * last - edgeAbove(lattice, size - 2) };
}

/** Between the k-th value and the next on a logarithmic scale: the middle of their logarithms. */
function edgeAbove(lattice: Lattice, index: number): number {
  return (Math.log(latticeValue(lattice, index)) + Math.log(latticeValue(lattice, index + 1))) / 2;
}

function latticeValue({ origin, step }: Lattice, index: number): number {
  return tidy(origin + index * step);
}

function multiples(min: number, max: number, quantum: number): Lattice {
  const first = Math.max(Math.ceil(min / quantum - 1e-9), min > 0 ? 1 : Number.NEGATIVE_INFINITY);
  const last = Math.floor(max / quantum + 1e-9);
  return { origin: tidy(first * quantum), step: quantum, size: last - first + 1 };
}

/** 0.1 * 3 as 0.3: a value's text is part of its point's identity. */
export function tidy(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(15));
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
