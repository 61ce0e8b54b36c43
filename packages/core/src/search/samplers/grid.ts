import { type Dimension, isDimension, type Point, type Space } from "../space.ts";

/**
 * All points of a space, nested like it, in declaration order with the last dimension varying fastest. An empty space has
 * one empty point; an empty dimension leaves none.
 */
export function grid(space: Space): Point[] {
  let points: Point[] = [{}];
  for (const [name, entry] of Object.entries(space)) {
    const values: readonly unknown[] = isDimension(entry) ? gridValues(entry) : grid(entry);
    points = points.flatMap((point) => values.map((value) => ({ ...point, [name]: value })));
  }
  return points;
}

/** The values of one dimension, in ascending or declared order. */
export function gridValues(dimension: Dimension): unknown[] {
  switch (dimension.type) {
    case "choice":
      return dimension.values;
    case "constant":
      return [dimension.value];
    case "int": {
      const { min, max, step } = dimension;
      return Array.from({ length: Math.floor((max - min) / step) + 1 }, (_, index) => min + index * step);
    }
    case "uniform":
      return spread(dimension, (share) => dimension.min + share * (dimension.max - dimension.min));
    case "log": {
      const low = Math.log(dimension.min);
      return spread(dimension, (share) => Math.exp(low + share * (Math.log(dimension.max) - low)));
    }
  }
}

interface Spread {
  min: number;
  max: number;
  count: number;
  quantum?: number | undefined;
}

function spread({ min, max, count, quantum }: Spread, at: (share: number) => number): number[] {
  const values = Array.from({ length: count }, (_, index) => {
    // The ends are exact, whatever a logarithm loses.
    if (index === 0) return min;
    return index === count - 1 ? max : at(index / (count - 1));
  });
  if (quantum === undefined) return values;
  return [...new Set(values.map((value) => Math.floor(value / quantum + 0.5) * quantum))];
}
