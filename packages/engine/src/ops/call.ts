import type { Attributes, CustomGradient, Graph, Value } from "../graph/graph.ts";
import { type DType, sizeOf } from "../graph/tensor.ts";

/** An argument of an elementwise function: a number becomes a constant of the other operand's dtype. */
export type Operand = Value | number;

/**
 * One node and its first output. Where all inputs are constants and the result is small, the result is computed here and
 * becomes a constant: gradients are full of such arithmetic.
 */
export function one(op: string, inputs: readonly (Value | null)[], attributes: Attributes = {}): Value {
  return many(op, inputs, attributes)[0] as Value;
}

const maxFoldedSize = 64;

export function many(
  op: string,
  inputs: readonly (Value | null)[],
  attributes: Attributes = {},
  numOutputs?: number,
): Value[] {
  const graph = home(inputs);
  if (inputs.every((value) => value === null || (value.kind === "constant" && sizeOf(value.shape) <= maxFoldedSize))) {
    const folded = graph.fold(op, inputs, attributes, { numOutputs });
    if (folded?.every((tensor) => sizeOf(tensor.shape) <= maxFoldedSize))
      return folded.map((tensor) => graph.constant(tensor));
  }
  return graph.add(op, inputs, attributes, { numOutputs });
}

/** The innermost graph among the inputs': a subgraph may read the values of those around it. */
function home(inputs: readonly (Value | null)[]): Graph {
  let inner: Graph | undefined;
  for (const value of inputs) {
    if (value && value.graph !== inner && (!inner || depth(value.graph) > depth(inner))) inner = value.graph;
  }
  return inner as Graph;
}

const depth = (graph: Graph): number => (graph.parent ? 1 + depth(graph.parent) : 0);

/** Numbers among the operands become scalars of the dtype of the first value. */
export function lift(operands: readonly Operand[], dtype?: DType): Value[] {
  const like = operands.find((operand): operand is Value => typeof operand !== "number") as Value;
  return operands.map((operand) =>
    typeof operand === "number" ? like.graph.constant(operand, dtype ?? like.dtype) : operand,
  );
}

/** int64 constant list in the graph of `x`. */
export const list = (x: Value, values: readonly number[]): Value => x.graph.constant(values, "int64");

/**
 * Gives a value a gradient in closed form, in place of the chain rule through what computed it, wherever it is used.
 * What comes back stands for the value from then on: a value that is itself among the inputs gets a node of its own.
 */
export function withGradient(value: Value, gradient: CustomGradient): Value {
  const { producer } = value;
  if (value.kind === "constant") return value;
  if (producer?.outputs[0] !== value || producer.customGradient || gradient.inputs.includes(value)) {
    return withGradient(value.graph.add("Identity", [value])[0] as Value, gradient);
  }
  producer.customGradient = gradient;
  return value;
}

/** Nodes that several input gradients share are added when the first of them asks. */
export function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
