import type { Value } from "../graph/graph.ts";
import { op } from "../ops/functions.ts";
import { type Initializer, init } from "./init.ts";
import { inScope, type Scope } from "./scope.ts";

export interface VitEmbedOptions {
  /** Side of a patch, pixels. */
  patch: number;
  dim: number;
  /** Bias of the patch projection. Default true. */
  bias?: boolean;
  /** A class token in front. Default false. */
  classToken?: boolean;
  init?: Initializer;
}

/**
 * Patches of image [B,C,H,W] as tokens [B,N,dim], row by row, plus positions: parameters "patch.weight" [dim,C,p,p]
 * (a convolution of stride p, computed as one product), "patch.bias", "class_embedding" [dim], "position_embedding" [N,dim].
 */
export function vitEmbed(p: Scope, image: Value, options: VitEmbedOptions): Value {
  const { patch, dim, bias = true, classToken = false, init: weights = init.normal(0.02) } = options;
  const [batch, channels, height, width] = image.shape as [number, number, number, number];
  const [rows, columns] = [height / patch, width / patch];
  const size = channels * patch * patch;
  return inScope(p, () => {
    const grid = op.reshape(image, [batch, channels, rows, patch, columns, patch]);
    const flat = op.reshape(op.transpose(grid, [0, 2, 4, 1, 3, 5]), [batch * rows * columns, size]);
    const kernel = op.reshape(p.parameter("patch.weight", [dim, channels, patch, patch], weights), [dim, size]);
    const c = bias ? p.parameter("patch.bias", [dim], init.zeros) : undefined;
    const patches = op.reshape(op.gemm(flat, kernel, { transB: true, c }), [batch, rows * columns, dim]);
    const tokens = classToken ? op.concat([classRow(p, batch, { dim, weights }), patches], 1) : patches;
    return op.add(tokens, p.parameter("position_embedding", [tokens.shape[1] as number, dim], weights));
  });
}

function classRow(p: Scope, batch: number, { dim, weights }: { dim: number; weights: Initializer }): Value {
  return op.expand(op.reshape(p.parameter("class_embedding", [dim], weights), [1, 1, dim]), [batch, 1, dim]);
}
