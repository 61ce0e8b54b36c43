import { describe, expect, it } from "vitest";
import { ModelError, ShapeError } from "../errors.ts";
import { graph as emptyGraph } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import { numbers, type Tensor, tensor } from "../graph/tensor.ts";
import * as nn from "../nn/index.ts";
import { withGradient } from "../ops/call.ts";
import { op } from "../ops/functions.ts";
import { compile } from "../runtime/program.ts";
import { grad } from "./grad.ts";

const vector = { dtype: "float32" as const, shape: [3] };
const x123 = { x: tensor("float32", [3], [1, 2, 3]) };

async function run(values: Record<string, Value>, feeds: Record<string, Tensor>): Promise<Record<string, number[]>> {
  const { graph } = Object.values(values)[0] as Value;
  for (const [name, value] of Object.entries(values)) graph.output(name, value);
  const program = await compile(graph);
  const results = await program.run(feeds);
  await program.dispose();
  return Object.fromEntries(Object.entries(results).map(([name, held]) => [name, numbers(held)]));
}

describe("grad", () => {
  it("gives d(Σ x² + 3x)/dx = 2x + 3", async () => {
    const x = emptyGraph("hand").input("x", vector);
    const [dx] = grad(op.reduceSum(op.add(op.square(x), op.mul(x, 3))), [x]) as [Value];
    expect(await run({ dx }, x123)).toEqual({ dx: [5, 7, 9] });
  });

  it("takes a cotangent for a loss that is no number", async () => {
    const x = emptyGraph("seeded").input("x", vector);
    const [dx] = grad(op.exp(x), [x], { seed: x.graph.constant([1, 0, 2]) }) as [Value];
    const { dx: got } = await run({ dx }, x123);
    [Math.E, 0, 2 * Math.exp(3)].forEach((want, i) => {
      expect(got?.[i]).toBeCloseTo(want, 4);
    });
  });

  it("differentiates its own result: d²(Σ x³)/dx² = 6x", async () => {
    const x = emptyGraph("twice").input("x", vector);
    const [dx] = grad(op.reduceSum(op.pow(x, 3)), [x]) as [Value];
    const [ddx] = grad(op.reduceSum(dx), [x]) as [Value];
    expect(await run({ ddx }, x123)).toEqual({ ddx: [6, 12, 18] });
  });

  it("sums what comes from several uses once", () => {
    const x = emptyGraph("uses").input("x", vector);
    grad(op.reduceSum(op.sum(op.exp(x), op.sin(x), op.tanh(x), op.sqrt(x))), [x]);
    // The forward one, and one of four contributions.
    expect(x.graph.nodes.filter((node) => node.op === "Sum").map((node) => node.inputs.length)).toEqual([4, 4]);
  });

  it("adds nothing for what is frozen", () => {
    const graph = emptyGraph("frozen");
    const p = nn.scope(graph);
    const x = graph.input("x", { dtype: "float32", shape: [2, 4] });
    const teacher = nn.mlp(p.at("teacher"), x, { hidden: 8 });
    const student = nn.linear(p.at("student"), teacher, { out: 4 });
    const loss = op.reduceSum(op.square(student));
    const before = graph.nodes.length;
    grad(loss, [graph.parameters.get("student.weight") as Value, graph.parameters.get("student.bias") as Value]);
    const added = graph.nodes.slice(before);
    expect(added.some((node) => node.scope.includes("teacher"))).toBe(false);
    expect(added.map((node) => node.op)).toEqual(["Mul", "Gemm", "ReduceSum"]);
  });

  it("stops at stopGradient and gives zeros where nothing arrives", async () => {
    const graph = emptyGraph("stopped");
    const [x, unused] = [graph.input("x", vector), graph.input("unused", vector)];
    const [dx, none] = grad(op.reduceSum(op.mul(op.stopGradient(op.exp(x)), x)), [x, unused]) as [Value, Value];
    const { dx: got, none: zeros } = await run({ dx, none }, { ...x123, unused: x123.x });
    expect(zeros).toEqual([0, 0, 0]);
    expect(got?.[1]).toBeCloseTo(Math.exp(2), 4);
  });

  it("goes through pieces only as far as the ones asked for", async () => {
    const graph = emptyGraph("pieces");
    const x = graph.input("x", { dtype: "float32", shape: [4] });
    const [a] = op.split(x, { split: [1, 3] }) as [Value, Value];
    const [dx] = grad(op.reduceSum(op.mul(a, 5)), [x]) as [Value];
    expect(await run({ dx }, { x: tensor("float32", [4], [1, 2, 3, 4]) })).toEqual({ dx: [5, 0, 0, 0] });
  });

  it.each(["gather", "slice"] as const)("puts the gradients of pieces cut by %s side by side", async (cut) => {
    const graph = emptyGraph("stack");
    const x = graph.input("x", { dtype: "float32", shape: [3, 2] });
    const piece = (i: number) => (cut === "gather" ? op.gather(x, i) : op.slice(x, { starts: [i], ends: [i + 1] }));
    const loss = op.sum(...[2, 0, 1].map((i) => op.reduceSum(op.mul(op.sin(piece(i)), i + 1))));
    const [dx] = grad(loss, [x]) as [Value];
    expect(dx.producer?.op).toBe("Concat");
    const { dx: got } = await run({ dx }, { x: tensor("float32", [3, 2], [0, 1, 2, 3, 4, 5]) });
    [0, 1, 2, 3, 4, 5].forEach((value, i) => {
      expect(got?.[i]).toBeCloseTo((Math.floor(i / 2) + 1) * Math.cos(value), 5);
    });
  });

  it("adds pieces that overlap or leave gaps", async () => {
    const graph = emptyGraph("overlap");
    const x = graph.input("x", { dtype: "float32", shape: [4] });
    const cuts = [
      [0, 2],
      [1, 3],
    ].map(([from, to]) => op.slice(x, { starts: [from as number], ends: [to as number] }));
    const [dx] = grad(op.reduceSum(op.sum(...cuts)), [x]) as [Value];
    expect(await run({ dx }, { x: tensor("float32", [4], [1, 2, 3, 4]) })).toEqual({ dx: [1, 2, 1, 0] });
  });

  it("gives a value that is its own input a node of its own", async () => {
    const x = emptyGraph("own").input("x", vector);
    const reversed = withGradient(op.reshape(x, [3]), {
      inputs: [x],
      saved: [],
      rule: ({ dy }) => [() => op.neg(dy)],
    });
    const [dx] = grad(op.reduceSum(op.add(op.mul(reversed, 2), x)), [x]) as [Value];
    expect(await run({ dx }, x123)).toEqual({ dx: [-1, -1, -1] });
  });

  it("keeps closed-form gradients in a copy of the graph", async () => {
    const graph = emptyGraph("copied");
    const logits = graph.input("x", { dtype: "float32", shape: [1, 3] });
    const labels = graph.constant([2], "int64");
    const loss = nn.crossEntropy(logits, labels);
    const { values } = graph.clone();
    const copied = values.get(loss) as Value;
    const [d] = grad(copied, [values.get(logits) as Value]) as [Value];
    const { d: got } = await run({ d }, { x: tensor("float32", [1, 3], [0, 0, 0]) });
    [1 / 3, 1 / 3, -2 / 3].forEach((want, i) => {
      expect(got?.[i]).toBeCloseTo(want, 5);
    });
  });

  it("names operator, node and the path to the loss where a rule is missing", () => {
    const graph = emptyGraph("missing");
    const x = graph.input("x", vector);
    const branch = () => {
      const body = graph.subgraph("branch");
      body.output("y", body.add("Identity", [x])[0] as Value);
      return body;
    };
    const cond = graph.input("cond", { dtype: "bool", shape: [] });
    const [y] = graph.add("If", [cond], { then_branch: branch(), else_branch: branch() }, { name: "choice" }) as [
      Value,
    ];
    const loss = op.reduceSum(op.exp(y));
    const fail = () => grad(loss, [x]);
    expect(fail).toThrow(ModelError);
    expect(fail).toThrow(/If has no gradient rule.*"choice".*choice -> Exp -> ReduceSum/s);
  });

  it("says so too where only some form of an operator has no rule", () => {
    const graph = emptyGraph("diagonal");
    const x = graph.input("x", { dtype: "float32", shape: [3, 3] });
    const fail = () => grad(op.reduceSum(op.einsum("ii->i", x)), [x]);
    expect(fail).toThrow(/Einsum with a label twice in one operand has no gradient rule.*path Einsum -> ReduceSum/s);
  });

  it("refuses losses and values that cannot be differentiated", () => {
    const graph = emptyGraph("refusals");
    const x = graph.input("x", vector);
    const ids = graph.input("ids", { dtype: "int64", shape: [3] });
    expect(() => grad(op.exp(x), [x])).toThrow(ShapeError);
    expect(() => grad(op.reduceSum(x), [ids])).toThrow(expect.objectContaining({ code: "NOT_DIFFERENTIABLE" }));
    expect(() => grad(x, [x], { seed: graph.constant(1) })).toThrow(expect.objectContaining({ code: "SEED_TYPE" }));
  });
});
