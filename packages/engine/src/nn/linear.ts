import type { Value } from "../graph/graph.ts";
import { sizeOf } from "../graph/tensor.ts";
import { op } from "../ops/functions.ts";
import { type Initializer, init } from "./init.ts";
import type { Scope } from "./scope.ts";

export interface LinearOptions {
  /** Number of output features. */
  out: number;
  /** Default true. */
  bias?: boolean;
  /** Default: uniform on ±1/√in, as PyTorch's Linear. */
  init?: Initializer;
}

/** y = x W + b over the last axis of x [..., in]; parameters "weight" [in, out] and "bias" [out]. */
export function linear(p: Scope, x: Value, { out, bias = true, init: weightInit }: LinearOptions): Value {
  const size = x.shape.at(-1) as number;
  const bound = init.uniform(1 / Math.sqrt(size));
  const weight = p.parameter("weight", [size, out], weightInit ?? bound);
  // One 2-D Gemm over all rows: the fast kernel, forward and backward, with the bias inside.
  const rows = op.reshape(x, [sizeOf(x.shape.slice(0, -1)), size]);
  const y = op.gemm(rows, weight, bias ? { c: p.parameter("bias", [out], weightInit ? init.zeros : bound) } : {});
  return op.reshape(y, [...x.shape.slice(0, -1), out]);
}

/** Rows of a table "weight" [count, dim] at int64 ids of any shape: [..., dim]. */
export function embedding(p: Scope, ids: Value, options: { count: number; dim: number; init?: Initializer }): Value {
  const table = p.parameter("weight", [options.count, options.dim], options.init ?? init.normal(0.02));
  return op.gather(table, ids);
}
