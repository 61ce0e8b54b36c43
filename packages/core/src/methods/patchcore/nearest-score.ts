import { op, type Value } from "@retort/engine";

export interface NearestScores {
  /** Distance of each patch to the nearest row of the memory, [B,P]. */
  patches: Value;
  /** Distance of the farthest patch, weighed by its surroundings in the memory, [B]. */
  images: Value;
}

export interface Memory {
  /** [M,D]. */
  rows: Value;
  /** For each row the indices of its nearest rows, itself first: int64 [M,k]. */
  neighbours: Value;
}

/**
 * PatchCore's scores of features [B,P,D]. With b nearest rows m of the nearest row m*, the image's score is
 * (1 - exp|x - m*| / Σ_m exp|x - m|) |x - m*| for its farthest patch x; unweighed where k is 1. Source: Roth et al. 2022, eq. 6, 7.
 */
export function nearestScores(features: Value, { rows, neighbours }: Memory): NearestScores {
  const [batch, numPatches, dim] = features.shape as [number, number, number];
  const [numRows, k] = neighbours.shape as [number, number];
  const flat = op.reshape(features, [batch * numPatches, dim]);
  const { closeness, distances: ofPatches } = nearestRow(flat, rows);
  const patches = op.reshape(ofPatches, [batch, numPatches]);
  const farthest = op.reduceMax(patches, { axes: [1] });
  if (k === 1) return { patches, images: farthest };

  const place = op.argMax(patches, { axis: 1, keepdims: true });
  const rowOf = (matrix: Value, width: number) =>
    op.gatherElements(
      op.reshape(matrix, [batch, numPatches, width]),
      op.expand(op.reshape(place, [batch, 1, 1]), [batch, 1, width]),
      { axis: 1 },
    );
  const nearest = op.argMax(op.reshape(rowOf(closeness, numRows), [batch, numRows]), { axis: 1 });
  const around = op.gather(rows, op.gather(neighbours, nearest)); // [B,k,D]
  const distances = op.sqrt(op.reduceSumSquare(op.sub(rowOf(flat, dim), around), { axes: [2] }));
  const share = op.slice(op.softmax(distances, { axis: 1 }), { axes: [1], starts: [0], ends: [1] });
  return { patches, images: op.mul(farthest, op.sub(1, op.reshape(share, [batch]))) };
}

/** Euclidean distance of each vector [N,D] to the nearest of rows [M,D], [N]; the nearest one is that of the highest `closeness` [N,M]. */
export function nearestRow(vectors: Value, rows: Value): { closeness: Value; distances: Value } {
  // |x - m|² = |x|² - (2 x·m - |m|²): the term in brackets is one product, and the largest one is the nearest row's.
  const squaredNorms = op.reduceSumSquare(rows, { axes: [1], keepdims: true });
  const extended = op.transpose(op.concat([rows, squaredNorms], 1), [1, 0]);
  const minusOne = op.expand(vectors.graph.constant([-1]), [vectors.shape[0]!, 1]);
  const closeness = op.matMul(op.concat([op.mul(vectors, 2), minusOne], 1), extended);
  const best = op.reduceMax(closeness, { axes: [1] });
  const squared = op.sub(op.reduceSumSquare(vectors, { axes: [1] }), best);
  return { closeness, distances: op.sqrt(op.max(squared, 0)) };
}
