import type { Value } from "../graph/graph.ts";
import { type Shape, sizeOf } from "../graph/tensor.ts";
import { list, many, one } from "./call.ts";

/** Elements that ONNX Runtime's cost model leaves to one thread; it begins to share at 2e5. */
const maxUnsharedUpdates = 1 << 17;

/**
 * ScatterND that adds, in pieces that ONNX Runtime does not share between threads: its kernel adds without locks, and
 * loses updates when two threads meet at a repeated index.
 */
export function scatterAdd(x: Value, indices: Value, updates: Value): Value {
  const depth = indices.shape.at(-1) as number;
  const count = sizeOf(indices.shape.slice(0, -1));
  const slice = x.shape.slice(depth);
  const most = Math.max(1, Math.floor(maxUnsharedUpdates / Math.max(1, sizeOf(slice))));
  const add = (sum: Value, at: Value, values: Value) => one("ScatterND", [sum, at, values], { reduction: "add" });
  if (count <= most) return add(x, indices, updates);
  const sizes = Array.from({ length: Math.ceil(count / most) }, (_, i) => Math.min(most, count - i * most));
  const values = pieces(updates, [count, ...slice], sizes);
  return pieces(indices, [count, depth], sizes).reduce((sum, at, i) => add(sum, at, values[i] as Value), x);
}

function pieces(x: Value, shape: Shape, sizes: Shape): Value[] {
  const rows = one("Reshape", [x, list(x, shape)]);
  return many("Split", [rows, list(x, sizes)], { axis: 0 }, sizes.length);
}
