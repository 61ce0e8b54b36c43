import { expect, it } from "vitest";
import { pipelineLayout } from "./layout.ts";

it("puts each stage right of everything it reads, and draws one edge a source", () => {
  const { placed, edges, columns, rows } = pipelineLayout([
    { name: "data", inputs: [] },
    { name: "sft", inputs: ["data", "data"] },
    { name: "evaluate", inputs: ["sft", "data"] },
    { name: "evaluate-blanked", inputs: ["sft"] },
  ]);
  expect(placed.map(({ node, column, row }) => [node.name, column, row])).toEqual([
    ["data", 0, 0],
    ["sft", 1, 0],
    ["evaluate", 2, 0],
    ["evaluate-blanked", 2, 1],
  ]);
  expect(edges).toHaveLength(4);
  expect([columns, rows]).toEqual([3, 2]);
});

it("has nothing to draw for no stages", () => {
  expect(pipelineLayout([])).toEqual({ placed: [], edges: [], columns: 0, rows: 0 });
});
