import type { Value } from "../graph/graph.ts";
import { op } from "../ops/functions.ts";

/** The L2 norm of all gradients together, a scalar. */
export function globalNorm(gradients: readonly Value[]): Value {
  return op.sqrt(
    op.reduceSum(
      op.stack(
        gradients.map((gradient) => op.reduceSumSquare(gradient)),
        0,
      ),
    ),
  );
}

/** What gradients are multiplied by so that their norm is at most maxNorm: min(1, maxNorm / (norm + 1e-6)), as in PyTorch. */
export function clipFactor(norm: Value, maxNorm: number): Value {
  return op.min(1, op.div(maxNorm, op.add(norm, 1e-6)));
}
