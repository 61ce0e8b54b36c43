import type { AddOptions, Attributes, Graph, Value } from "../graph/graph.ts";
import { sizeOf } from "../graph/tensor.ts";
import { op } from "../ops/functions.ts";

/** Larger results stay nodes: folding is for shape arithmetic, not for moving work from ONNX Runtime to here. */
const maxFoldedElements = 1 << 16;

/**
 * Adds a node, or the constants it computes: exporters write out arithmetic on shapes (Shape, Gather, Concat, Reshape),
 * which is constant once all dimensions are bound and which decides the shapes further on. Dead nodes are left to
 * `graph.prune()`.
 */
export function addFolded(
  graph: Graph,
  op: string,
  inputs: readonly (Value | null)[],
  rest: { attributes: Attributes; options: AddOptions },
): Value[] {
  const values = graph.add(op, inputs, rest.attributes, rest.options);
  if (values.some(({ shape }) => sizeOf(shape) > maxFoldedElements)) return values;
  const folded = graph.fold(op, inputs, rest.attributes, { ...rest.options, numOutputs: values.length });
  return folded ? folded.map((tensor, i) => graph.constant(tensor, tensor.dtype, values[i]!.name)) : values;
}

/** The parts of a value along an axis; those of a constant are constants. */
export function splitFolded(x: Value, split: readonly number[], axis: number): Value[] {
  if (x.kind !== "constant") return op.split(x, { split, axis });
  const ends = split.map((_, i) => split.slice(0, i + 1).reduce((sum, size) => sum + size, 0));
  return ends.map((end, i) => op.slice(x, { starts: [end - split[i]!], ends: [end], axes: [axis] }));
}
