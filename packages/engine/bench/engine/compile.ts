/** How long the engine itself takes to make a training step of a graph with 1,000 nodes; ONNX Runtime has no part in it. */
import { type Graph, graph, op, optim, type Tensor, tensor, type Value } from "../../src/index.ts";
import { trainGraph } from "../../src/runtime/train-graph.ts";

const numLayers = 167;
const width = 8;

export interface CompileMeasurement {
  /** Nodes of the forward pass. */
  numNodes: number;
  ms_median: number;
  ms_min: number;
}

/** Differentiates, adds the optimiser and serialises, `rounds` times after a first one that compiles the code itself. */
export function measureCompile(nowMs: () => number, rounds = 9): CompileMeasurement {
  const { graph: source, loss } = residualNetwork();
  const optimizer = optim.adamw({ lr: 1e-3, weightDecay: 0.01 });
  const times = Array.from({ length: rounds + 1 }, () => {
    const start = nowMs();
    trainGraph(source, { loss, optimizer, stepsPerRun: 4, maxGradNorm: 1 });
    return nowMs() - start;
  });
  const sorted = times.slice(1).toSorted((a, b) => a - b);
  return { numNodes: source.nodes.length, ms_median: sorted[rounds >> 1]!, ms_min: sorted[0]! };
}

/** Six forward nodes a layer. */
function residualNetwork(): { graph: Graph; loss: Value } {
  const g = graph("residual");
  const ones = (...shape: number[]): Tensor =>
    tensor("float32", shape, new Float32Array(shape.reduce((size, dim) => size * dim, 1)).fill(1));
  let x = g.input("x", { dtype: "float32", shape: [4, width] });
  for (let i = 0; i < numLayers; i++) {
    const [scale, bias] = [g.parameter(`${i}.g`, ones(width)), g.parameter(`${i}.b`, ones(width))];
    const weight = g.parameter(`${i}.w`, ones(width, width));
    const hidden = op.tanh(op.matMul(op.add(op.mul(x, scale), bias), weight));
    x = op.add(x, op.mul(hidden, 0.5));
  }
  return { graph: g, loss: op.reduceMean(op.square(x)) };
}
