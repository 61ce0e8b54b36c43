import { expect, it } from "vitest";
import { grad } from "../autodiff/grad.ts";
import { op } from "../ops/functions.ts";
import { compile } from "../runtime/program.ts";
import { graph } from "./builder.ts";
import type { Value } from "./graph.ts";
import { inline } from "./inline.ts";
import { numbers, tensor } from "./tensor.ts";

/** y = w · x + 1 */
function part() {
  const g = graph("part");
  const w = g.parameter("w", tensor("float32", [2], [3, 5]));
  g.output("y", op.add(op.mul(g.input("x", { dtype: "float32", shape: [2] }), w), 1));
  return g;
}

it("lays a graph into another, as often as wanted, with names of its own and gradients through it", async () => {
  const g = graph("whole");
  const x = g.input("x", { dtype: "float32", shape: [2] });
  const weight = g.parameter("first.w", tensor("float32", [2], [3, 5]));
  const once = inline(part(), g, { inputs: { x }, parameter: () => weight }).y!;
  const twice = inline(part(), g, { inputs: { x: once }, parameter: () => weight }).y!;
  g.output("y", twice);
  g.output("dw", grad(op.reduceSum(twice, { keepdims: false }), [weight])[0]!);
  const program = await compile(g);
  const { y, dw } = await program.run({ x: tensor("float32", [2], [1, 2]) });
  await program.dispose();
  // w (w x + 1) + 1 and its derivative by w.
  expect(numbers(y!)).toEqual([13, 56]);
  expect(numbers(dw!)).toEqual([7, 21]);
});

it("lays a graph into a branch, whose outputs stay its own", async () => {
  const g = graph("whole");
  const x = g.input("x", { dtype: "float32", shape: [2] });
  const weight = g.parameter("w", tensor("float32", [2], [3, 5]));
  const branch = (name: string, build: (inner: ReturnType<typeof graph>) => Value) => {
    const inner = g.subgraph(name);
    inner.output("y", build(inner));
    return inner;
  };
  const attributes = {
    then_branch: branch("part", (inner) => inline(part(), inner, { inputs: { x }, parameter: () => weight }).y!),
    else_branch: branch("same", (inner) => inner.add("Identity", [x])[0]!),
  };
  const isWanted = g.input("isWanted", { dtype: "bool", shape: [1] });
  g.output("y", g.add("If", [isWanted], attributes, { numOutputs: 1 })[0]!);
  const program = await compile(g);
  const run = async (wanted: 0 | 1) =>
    numbers((await program.run({ x: tensor("float32", [2], [1, 2]), isWanted: tensor("bool", [1], [wanted]) })).y!);
  expect([await run(1), await run(0)]).toEqual([
    [4, 11],
    [1, 2],
  ]);
  await program.dispose();
});

it("refuses an input that is missing or of another type", () => {
  const g = graph("whole");
  const weight = g.parameter("w", tensor("float32", [2], [3, 5]));
  const x = g.input("x", { dtype: "float32", shape: [3] });
  const options = { inputs: { x }, parameter: () => weight };
  expect(() => inline(part(), g, options)).toThrow(
    expect.objectContaining({ code: "INLINE_INPUT", got: "float32[3]" }),
  );
  expect(() => inline(part(), g, { ...options, inputs: {} })).toThrow(/not given/);
});
