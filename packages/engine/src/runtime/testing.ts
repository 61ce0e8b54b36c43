/** A small regression model for the tests of this folder. */
import { Graph, type Value } from "../graph/graph.ts";
import { type Tensor, tensor } from "../graph/tensor.ts";
import { op } from "../ops/functions.ts";
import { ops } from "../ops/index.ts";

/** Uniform numbers in [-1, 1), the same for the same seed. */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(1664525, state) + 1013904223) >>> 0;
    return (state >>> 8) / 8388608 - 1;
  };
}

export function randomTensor(shape: readonly number[], draw: () => number): Tensor {
  return tensor("float32", shape, Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, draw));
}

/** y = tanh(x W1 + b1) W2 + b2 with a mean squared error. */
export function regression({ batch = 4, seed = 1 } = {}): { graph: Graph; loss: Value; output: Value } {
  const graph = new Graph("regression", ops);
  const draw = uniform(seed);
  const x = graph.input("x", { dtype: "float32", shape: [batch, 3] });
  const y = graph.input("y", { dtype: "float32", shape: [batch, 2] });
  const [w1, b1] = [graph.parameter("w1", randomTensor([3, 8], draw)), graph.parameter("b1", randomTensor([8], draw))];
  const [w2, b2] = [graph.parameter("w2", randomTensor([8, 2], draw)), graph.parameter("b2", randomTensor([2], draw))];
  const output = op.add(op.matMul(op.tanh(op.add(op.matMul(x, w1), b1)), w2), b2);
  return { graph, loss: op.reduceMean(op.square(op.sub(output, y))), output };
}

/** `count` batches of the regression along a leading axis. */
export function batches(count: number, { batch = 4, seed = 7 } = {}): { x: Tensor; y: Tensor } {
  const draw = uniform(seed);
  return { x: randomTensor([count, batch, 3], draw), y: randomTensor([count, batch, 2], draw) };
}

/** Entries [from, to) of the leading axis. */
export function rows<T extends Record<string, Tensor>>(all: T, from: number, to: number): T {
  const cut = ({ dtype, shape, data }: Tensor): Tensor => {
    const size = data.length / shape[0]!;
    return tensor(dtype, [to - from, ...shape.slice(1)], data.slice(from * size, to * size));
  };
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, cut(value)])) as T;
}
