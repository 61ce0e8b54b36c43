import { op, type Value } from "@retort/engine";
import { nearestRow } from "../patchcore/nearest-score.ts";
import type { PatchDistance } from "./params.ts";

/** Features as they are remembered and compared, along the last axis: unit vectors for the cosine. */
export function compared(values: Value, distance: PatchDistance): Value {
  if (distance === "euclidean") return values;
  const norm = op.sqrt(op.reduceSumSquare(values, { axes: [-1], keepdims: true }));
  return op.div(values, op.max(norm, 1e-6));
}

/** Distance of features [B,P,D] to the nearest of rows [M,D], both as `compared` leaves them: [B,P]. */
export function distanceToNearest(features: Value, rows: Value, distance: PatchDistance): Value {
  const [batch, numPatches, dim] = features.shape as [number, number, number];
  const flat = op.reshape(features, [batch * numPatches, dim]);
  const distances =
    distance === "euclidean"
      ? nearestRow(flat, rows).distances
      : op.sub(1, op.reduceMax(op.matMul(flat, op.transpose(rows, [1, 0])), { axes: [1] }));
  return op.reshape(distances, [batch, numPatches]);
}
