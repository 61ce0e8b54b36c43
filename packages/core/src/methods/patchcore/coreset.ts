// [node]
import { graph, op } from "@retort/engine";
import { compile, type Provider } from "@retort/engine/node";
import type { Rng } from "../../base/rng.ts";
import type { Rows } from "../patch-detection/train-features.ts";

export interface CoresetOptions {
  count: number;
  /** Width of the random projection in which distances are measured; 0: none. */
  projectionDim: number;
  rng: Rng;
  provider: Provider;
  threads: number;
  signal: AbortSignal;
}

/**
 * Greedy k-centre selection (Sener and Savarese 2018): each time the row farthest from those chosen. Indices in the order they were
 * chosen, the first one drawn at random. Distances of a step are one matrix product.
 */
export async function greedyCoreset(rows: Rows, options: CoresetOptions): Promise<Uint32Array> {
  const { count, rng, provider, threads, signal } = options;
  const numChosen = Math.min(count, rows.numRows);
  const projected = project(rows, options.projectionDim, rng.stream("projection"));
  const { numRows, dim, data } = projected;
  const g = graph("greedy core set");
  const matrix = g.parameter("rows", { dtype: "float32", shape: [numRows, dim], data }, { trainable: false });
  const norms = op.reduceSumSquare(matrix, { axes: [1] });
  const center = g.input("center", { dtype: "int64", shape: [1] });
  const nearest = g.input("nearest", { dtype: "float32", shape: [numRows] });
  const own = op.gather(matrix, center);
  const products = op.reshape(op.matMul(matrix, op.transpose(own, [1, 0])), [numRows]);
  const distances = op.sub(op.add(norms, op.gather(norms, center)), op.mul(products, 2));
  const updated = op.min(nearest, distances);
  g.output("updated", updated);
  g.output("farthest", op.argMax(updated, { axis: 0, keepdims: true }));
  const program = await compile(g, { provider, threads });
  try {
    const chosen = new Uint32Array(numChosen);
    chosen[0] = rng.stream("first").integer(numRows);
    let squared = new Float32Array(numRows).fill(Number.POSITIVE_INFINITY);
    for (let step = 1; step < numChosen; step++) {
      signal.throwIfAborted();
      const last = chosen[step - 1]!;
      // Copies of chosen rows are at no distance, and rounding leaves a row a little away from itself: none is chosen twice.
      squared[last] = Number.NEGATIVE_INFINITY;
      const result = await program.run({
        center: { dtype: "int64", shape: [1], data: BigInt64Array.of(BigInt(last)) },
        nearest: { dtype: "float32", shape: [numRows], data: squared },
      });
      squared = result.updated!.data as Float32Array<ArrayBuffer>;
      chosen[step] = Number((result.farthest!.data as BigInt64Array)[0]);
    }
    return chosen;
  } finally {
    await program.dispose();
  }
}

/** Gaussian random projection (Johnson and Lindenstrauss): keeps distances up to a common factor, about. */
function project(rows: Rows, dim: number, rng: Rng): Rows {
  if (dim === 0 || dim >= rows.dim) return rows;
  const matrix = Float32Array.from({ length: rows.dim * dim }, () => rng.normal() / Math.sqrt(dim));
  const data = new Float32Array(rows.numRows * dim);
  for (let row = 0; row < rows.numRows; row++) {
    for (let from = 0; from < rows.dim; from++) {
      const value = rows.data[row * rows.dim + from]!;
      for (let to = 0; to < dim; to++) data[row * dim + to]! += value * matrix[from * dim + to]!;
    }
  }
  return { data, numRows: rows.numRows, dim };
}
