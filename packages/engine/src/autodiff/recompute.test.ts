import { describe, expect, it } from "vitest";
import { graph as emptyGraph } from "../graph/builder.ts";
import { numbers, type Tensor, tensor } from "../graph/tensor.ts";
import * as nn from "../nn/index.ts";
import { op } from "../ops/functions.ts";
import { compile } from "../runtime/program.ts";
import { grad } from "./grad.ts";

const x = tensor(
  "float32",
  [2, 4, 8],
  Array.from({ length: 64 }, (_, i) => Math.sin(i)),
);

function blocks(recompute?: RegExp) {
  const graph = emptyGraph("blocks");
  const p = nn.scope(graph, { prefix: "m.", seed: 1 });
  let h = graph.input("x", x);
  for (let layer = 0; layer < 3; layer++) {
    h = nn.block.llama(p.at(`blocks.${layer}`), h, { heads: 2, hidden: 12 });
    h = nn.block.preln(p.at(`blocks.${layer}.second`), h, { heads: 2, causal: true });
  }
  const loss = op.reduceMean(op.square(h));
  const forward = new Set(graph.nodes);
  const weights = [...graph.parameters.values()];
  const gradients = grad(loss, weights, { recompute });
  gradients.forEach((gradient, i) => {
    graph.output(`grad.${weights[i]?.name}`, gradient);
  });
  graph.prune();
  return { graph, forward };
}

async function run(recompute?: RegExp): Promise<Record<string, Tensor>> {
  const program = await compile(blocks(recompute).graph);
  const results = await program.run({ x });
  await program.dispose();
  return results;
}

describe("recomputation", () => {
  it("gives the same gradients", async () => {
    const [kept, again] = [await run(), await run(/blocks\.\d+/)];
    for (const [name, want] of Object.entries(kept))
      expect(numbers(again[name] as Tensor), name).toEqual(numbers(want));
  });

  it("reads nothing from inside the segments in the backward pass, only from their borders", () => {
    const { graph, forward } = blocks(/blocks\.\d+/);
    const inner = new Set([...forward].flatMap((node) => (node.scope.includes("blocks.1") ? node.outputs : [])));
    const crossing = graph.nodes
      .filter((node) => !forward.has(node))
      .flatMap((node) => node.inputs.filter((value) => value && inner.has(value)));
    // Only block 2's input, which block 1 computed.
    expect(new Set(crossing).size).toBe(1);
  });

  it("leaves everything alone where the pattern matches nothing", () => {
    expect(blocks(/layers/).graph.nodes.length).toBe(blocks().graph.nodes.length);
  });
});
