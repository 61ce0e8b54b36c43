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

/** Scales the gradients by min(1, maxNorm / (norm + 1e-6)), as torch.nn.utils.clip_grad_norm_. */
export function clipByNorm(gradients: readonly Value[], norm: Value, maxNorm: number): Value[] {
  const factor = op.min(1, op.div(maxNorm, op.add(norm, 1e-6)));
  return gradients.map((gradient) => op.mul(gradient, factor));
}
