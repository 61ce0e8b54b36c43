import type { Value } from "../graph/graph.ts";
import { sizeOf, tensor } from "../graph/tensor.ts";
import { op } from "./functions.ts";

/** A sparse matrix: for every row its (column, weight) pairs. */
export type SparseRows = readonly (readonly (readonly [column: number, weight: number])[])[];

/**
 * Applies a constant linear map along one axis (or its adjoint, with `transpose`): y[.., r, ..] = Σ weight · x[.., column, ..].
 * One product with a dense matrix and no transposition: the axis is the last of a matrix or the rows of a batch of them.
 */
export function alongAxis(x: Value, map: { axis: number; rows: SparseRows; size: number; transpose?: boolean }): Value {
  const { axis, rows, size, transpose = false } = map;
  const [head, tail] = [x.shape.slice(0, axis), x.shape.slice(axis + 1)];
  const outer = sizeOf(head);
  const inner = sizeOf(tail);
  const from = x.shape[axis] as number;
  const to = transpose ? size : rows.length;
  // right: [from, to] for x · M; left: [to, from] for M · x.
  const right = inner === 1;
  const dense = new Array<number>(from * to).fill(0);
  rows.forEach((row, r) => {
    for (const [column, weight] of row) {
      const [i, j] = transpose ? [r, column] : [column, r];
      const at = right ? i * to + j : j * from + i;
      dense[at] = (dense[at] as number) + weight;
    }
  });
  const matrix = x.graph.constant(tensor(x.dtype, right ? [from, to] : [to, from], dense));
  const product = right
    ? op.matMul(op.reshape(x, [outer, from]), matrix)
    : op.matMul(matrix, op.reshape(x, [outer, from, inner]));
  return op.reshape(product, [...head, to, ...tail]);
}
