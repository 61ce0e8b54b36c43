import type { Value } from "../graph/graph.ts";
import { op } from "../ops/functions.ts";
import { init } from "./init.ts";
import type { Scope } from "./scope.ts";

/** Layer normalisation over the last axis; parameters "weight" and (unless `bias` is false) "bias" [dim]. */
export function layerNorm(p: Scope, x: Value, { epsilon = 1e-5, bias = true } = {}): Value {
  const size = x.shape.at(-1) as number;
  const shift = bias ? p.parameter("bias", [size], init.zeros) : null;
  return op.layerNormalization(x, p.parameter("weight", [size], init.ones), shift, { epsilon });
}

/** weight · x / √(mean(x²) + ε) over the last axis; parameter "weight" [dim]. */
export function rmsNorm(p: Scope, x: Value, { epsilon = 1e-5 } = {}): Value {
  return op.rmsNormalization(x, p.parameter("weight", [x.shape.at(-1) as number], init.ones), { epsilon });
}

/** x / ‖x‖ along an axis, the length taken as at least ε. */
export function normalize(x: Value, { axis = -1, epsilon = 1e-12 } = {}): Value {
  return op.div(x, op.max(op.reduceL2(x, { axes: [axis], keepdims: true }), epsilon));
}
