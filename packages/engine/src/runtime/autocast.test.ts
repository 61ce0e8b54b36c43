import { expect, it } from "vitest";
import { grad } from "../autodiff/grad.ts";
import { Graph } from "../graph/graph.ts";
import { typeText } from "../graph/tensor.ts";
import * as nn from "../nn/index.ts";
import { op } from "../ops/functions.ts";
import { ops } from "../ops/index.ts";
import { autocast } from "./autocast.ts";
import { regression } from "./testing.ts";

it("gives products float16 operands, casts each parameter once and keeps sums and losses in float32", () => {
  const { graph, loss } = regression();
  const { graph: mixed, values } = autocast(graph);
  const typesOf = (name: string) =>
    mixed.nodes
      .filter(({ op }) => op === name)
      .map(({ inputs, outputs }) => [...inputs, ...outputs].map((value) => value!.dtype));
  expect(typesOf("MatMul")).toEqual(Array(2).fill(["float16", "float16", "float16"]));
  expect(typesOf("ReduceMean").flat()).toEqual(["float32", "float32"]);
  expect([...mixed.parameters.values()].map(typeText)).toEqual([
    "float32[3,8]",
    "float32[8]",
    "float32[8,2]",
    "float32[2]",
  ]);
  expect(mixed.nodes.filter(({ op, inputs }) => op === "Cast" && inputs[0]?.name === "w1")).toHaveLength(1);
  expect(values.get(loss)!.dtype).toBe("float32");
  expect(graph.nodes.some(({ op }) => op === "Cast")).toBe(false);
});

it("differentiates through the casts to float32 gradients, closed-form rules included", () => {
  const graph = new Graph("classifier", ops);
  const x = graph.input("x", { dtype: "float32", shape: [4, 6] });
  const y = graph.input("y", { dtype: "int64", shape: [4] });
  const logits = nn.linear(nn.scope(graph, { seed: 1 }).at("head"), x, { out: 5 });
  const loss = nn.crossEntropy(logits, y);
  const { graph: mixed, values } = autocast(graph);
  const parameters = [...mixed.parameters.values()];
  expect(grad(values.get(loss)!, parameters).map(typeText)).toEqual(parameters.map(typeText));
});

it("keeps additions of numbers beyond float16 in float32", () => {
  const graph = new Graph("masked", ops);
  const [a, b] = [
    graph.input("a", { dtype: "float32", shape: [2, 2] }),
    graph.input("b", { dtype: "float32", shape: [2, 2] }),
  ];
  op.add(op.matMul(a, b), -1e9);
  const { graph: mixed } = autocast(graph);
  expect(mixed.nodes.at(-1)!.outputs[0]!.dtype).toBe("float32");
});
