import { grad, graph, nn, numbers, op, type Tensor, type Value } from "@retort/engine";
import { compile } from "@retort/engine/node";
import { describe, expect, it } from "vitest";
import { Rng } from "../../base/rng.ts";
import { batchNorm } from "./batch-norm.ts";

const shape = [3, 4, 5, 6];

function random(name: string, of: readonly number[]): Tensor {
  const rng = Rng.fromSeed(1).stream(name);
  const size = of.reduce((product, dim) => product * dim, 1);
  return { dtype: "float32", shape: of, data: Float32Array.from({ length: size }, () => 1 + rng.normal()) };
}

/** Normalisation by plain operators, whose gradients are the engine's own. */
function plain(x: Value, weight: Value, bias: Value): Value {
  const axes = [0, 2, 3];
  const centered = op.sub(x, op.reduceMean(x, { axes, keepdims: true }));
  const variance = op.reduceMean(op.square(centered), { axes, keepdims: true });
  const channel = (value: Value) => op.reshape(value, [1, 4, 1, 1]);
  return op.add(op.mul(op.div(centered, op.sqrt(op.add(variance, 1e-5))), channel(weight)), channel(bias));
}

describe("batchNorm", () => {
  it("has the values and gradients of its definition", async () => {
    const results = [];
    for (const kind of ["closed", "plain"]) {
      const g = graph(kind);
      const x = g.input("x", { dtype: "float32", shape });
      const p = nn.scope(g, {
        weights: new Map([
          ["weight", random("w", [4])],
          ["bias", random("b", [4])],
        ]),
      });
      const measured = new Map();
      const [weight, bias] = ["weight", "bias"].map((name) => p.parameter(name, [4], nn.init.zeros)) as [Value, Value];
      const y = kind === "closed" ? batchNorm(p, x, { from: "batch", measured }) : plain(x, weight, bias);
      const loss = op.reduceSum(op.mul(op.tanh(y), g.constant(random("dy", shape))));
      grad(loss, [x, weight, bias]).forEach((value, at) => {
        g.output(`grad${at}`, value);
      });
      g.output("y", y);
      const program = await compile(g);
      results.push(await program.run({ x: random("x", shape) }));
      await program.dispose();
    }
    const [closed, reference] = results;
    for (const [name, tensor] of Object.entries(reference!)) {
      numbers(tensor).forEach((value, at) => {
        expect(numbers(closed![name]!)[at]).toBeCloseTo(value as number, 4);
      });
    }
  });

  it("notes what it measured, and gives the same from parameters that hold it", async () => {
    const g = graph("two forms");
    const x = g.input("x", { dtype: "float32", shape });
    const measured = new Map<string, { mean: Value; meanSquare: Value }>();
    g.output("batch", batchNorm(nn.scope(g).at("bn"), x, { from: "batch", measured }));
    const { mean, meanSquare } = measured.get("bn")!;
    g.output("mean", mean);
    g.output("meanSquare", meanSquare);
    const program = await compile(g);
    const first = await program.run({ x: random("x", shape) });
    await program.dispose();

    const variance = numbers(first.meanSquare!).map(
      (value, at) => (value as number) - (numbers(first.mean!)[at] as number) ** 2,
    );
    const weights = new Map<string, Tensor>([
      ["bn.mean", first.mean!],
      ["bn.variance", { dtype: "float32", shape: [4], data: Float32Array.from(variance as number[]) }],
    ]);
    const h = graph("inference");
    const y = batchNorm(nn.scope(h, { weights }).at("bn"), h.input("x", { dtype: "float32", shape }), {
      from: "parameters",
    });
    h.output("y", y);
    expect([...h.parameters.values()].filter(({ trainable }) => trainable).map(({ name }) => name)).toEqual([
      "bn.weight",
      "bn.bias",
    ]);
    const inference = await compile(h);
    const second = await inference.run({ x: random("x", shape) });
    await inference.dispose();
    numbers(first.batch!).forEach((value, at) => {
      expect(numbers(second.y!)[at]).toBeCloseTo(value as number, 4);
    });
  });
});
