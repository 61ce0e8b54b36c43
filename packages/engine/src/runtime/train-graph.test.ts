import { expect, it } from "vitest";
import { Graph } from "../graph/graph.ts";
import { op } from "../ops/functions.ts";
import { ops } from "../ops/index.ts";
import { optim } from "../optim/index.ts";
import { randomTensor, uniform } from "./testing.ts";
import { trainGraph } from "./train-graph.ts";

/** A residual network of `depth` layers with six forward nodes each. */
function deep(depth: number) {
  const graph = new Graph("deep", ops);
  const draw = uniform(3);
  let x = graph.input("x", { dtype: "float32", shape: [4, 8] });
  for (let i = 0; i < depth; i++) {
    const [scale, bias] = [
      graph.parameter(`${i}.g`, randomTensor([8], draw)),
      graph.parameter(`${i}.b`, randomTensor([8], draw)),
    ];
    const weight = graph.parameter(`${i}.w`, randomTensor([8, 8], draw));
    const hidden = op.tanh(op.matMul(op.add(op.mul(x, scale), bias), weight));
    x = op.add(x, op.mul(hidden, 0.5));
  }
  return { graph, loss: op.reduceMean(op.square(x)) };
}

it("differentiates and writes a graph of 1,000 nodes", () => {
  const { graph, loss } = deep(167);
  expect(graph.nodes.length).toBeGreaterThan(1_000);
  const optimizer = optim.adamw({ lr: 1e-3, weightDecay: 0.01 });
  const { bytes, trained } = trainGraph(graph, { loss, optimizer, stepsPerRun: 4, maxGradNorm: 1 });
  expect(trained).toHaveLength(3 * 167);
  expect(bytes.length).toBeGreaterThan(10_000);
});
