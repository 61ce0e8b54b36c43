import fc from "fast-check";
import type { Attributes } from "../../graph/graph.ts";
import { type Shape, sizeOf, type Tensor, tensor } from "../../graph/tensor.ts";

/** A call of an operator: float tensors are graph inputs, whose gradients are checked; `constant(...)` ones are not. */
export interface Sample {
  inputs: readonly (Tensor | Constant | null)[];
  attributes?: Attributes;
  numOutputs?: number;
}

export interface Constant {
  constant: Tensor;
}

export interface Draw {
  int(min: number, max: number): number;
  pick<T>(choices: readonly T[]): T;
  shape(minRank: number, maxRank: number): number[];
  /** Distinct numbers on a grid of spacing 0.13 around 0, shuffled: no ties, no kink within a difference step. */
  floats(shape: Shape, map?: (x: number) => number): Tensor;
  bools(shape: Shape): Tensor;
  /** int64 in [-limit, limit). */
  indices(shape: Shape, limit: number): Tensor;
  /** A non-empty set of axes of a shape, some counted from the end. */
  axes(rank: number): number[];
  axis(rank: number): number;
}

export function drawFrom(generate: fc.GeneratorValue): Draw {
  const int = (min: number, max: number) => generate(fc.integer, { min, max });
  const draw: Draw = {
    int,
    pick: (choices) => choices[int(0, choices.length - 1)] as (typeof choices)[number],
    shape: (minRank, maxRank) => Array.from({ length: int(minRank, maxRank) }, () => int(1, 4)),
    floats(shape, map = (x) => x) {
      const size = sizeOf(shape);
      const state = { seed: int(1, 2 ** 31 - 1) };
      const order = shuffled(size, state);
      return tensor(
        "float32",
        shape,
        order.map((rank) => map((rank - size / 2 + 0.37) * Math.min(0.13, 6 / size))),
      );
    },
    bools: (shape) =>
      tensor(
        "bool",
        shape,
        Array.from({ length: sizeOf(shape) }, () => int(0, 1)),
      ),
    indices: (shape, limit) =>
      tensor(
        "int64",
        shape,
        Array.from({ length: sizeOf(shape) }, () => int(-limit, limit - 1)),
      ),
    axes(rank) {
      const chosen = Array.from({ length: rank }, (_, i) => i).filter(() => int(0, 1) === 1);
      return (chosen.length > 0 ? chosen : [0]).map((axis) => (int(0, 1) === 1 ? axis - rank : axis));
    },
    axis: (rank) => int(-rank, rank - 1),
  };
  return draw;
}

/** Fisher-Yates with a small generator: cheaper than asking fast-check for every element. */
export function shuffled(size: number, state: { seed: number }): number[] {
  const order = Array.from({ length: size }, (_, i) => i);
  for (let i = size - 1; i > 0; i--) {
    state.seed = (Math.imul(1664525, state.seed) + 1013904223) >>> 0;
    const j = state.seed % (i + 1);
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  return order;
}
