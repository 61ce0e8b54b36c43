import { describe, expect, it } from "vitest";
import { grad } from "../autodiff/grad.ts";
import { graph as emptyGraph } from "../graph/builder.ts";
import type { Graph, Value } from "../graph/graph.ts";
import { filled, numbers, type Tensor, tensor } from "../graph/tensor.ts";
import { op } from "../ops/functions.ts";
import { compile } from "../runtime/program.ts";
import * as nn from "./index.ts";

async function run(
  graph: Graph,
  outputs: Record<string, Value>,
  feeds: Record<string, Tensor>,
): Promise<Record<string, Tensor>> {
  for (const [name, value] of Object.entries(outputs)) graph.output(name, value);
  const program = await compile(graph);
  const results = await program.run(feeds);
  await program.dispose();
  return results;
}

const wave = (shape: number[]) =>
  tensor(
    "float32",
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(1 + 0.7 * i)),
  );

function near(got: Tensor | undefined, want: readonly number[], digits = 5): void {
  expect(got?.data.length).toBe(want.length);
  numbers(got as Tensor).forEach((value, i) => {
    expect(value).toBeCloseTo(want[i] as number, digits);
  });
}

describe("dropout", () => {
  const size = 4096;
  async function masks(steps: number[], seed = 1): Promise<number[][]> {
    const graph = emptyGraph("dropout");
    const x = graph.input("x", { dtype: "float32", shape: [size] });
    const step = graph.input("step", { dtype: "int64", shape: [] });
    graph.output("y", nn.dropout(x, { rate: 0.25, step, seed }));
    const program = await compile(graph);
    const ones = filled("float32", [size], 1);
    const results: number[][] = [];
    for (const at of steps) results.push(numbers((await program.run({ x: ones, step: tensor("int64", [], [at]) })).y!));
    await program.dispose();
    return results;
  }

  it("drops its share, keeps the mean and chooses by step and seed alone", async () => {
    const [first, second, again] = (await masks([7, 8, 7])) as [number[], number[], number[]];
    expect(new Set(first.map((value) => Math.round(value * 3)))).toEqual(new Set([0, 4]));
    const dropped = first.filter((value) => value === 0).length / size;
    expect(Math.abs(dropped - 0.25)).toBeLessThan(4 * Math.sqrt((0.25 * 0.75) / size));
    expect(again).toEqual(first);
    const agreeing = (other: number[]) => first.filter((value, i) => value === other[i]).length / size;
    const [reseeded] = (await masks([7], 2)) as [number[]];
    // Independent masks agree in 0.25² + 0.75² of the places.
    for (const other of [second, reseeded]) expect(Math.abs(agreeing(other) - 0.625)).toBeLessThan(0.04);
  });

  it("lets the gradient through where the value went through", async () => {
    const graph = emptyGraph("dropout");
    const x = graph.parameter("x", wave([3, 5]));
    const y = nn.dropout(x, { rate: 0.5, step: graph.constant(3, "int64"), seed: 4 });
    const [gradient] = grad(op.reduceSum(y), [x]);
    const results = await run(graph, { y, gradient: gradient! }, {});
    near(
      results.gradient,
      numbers(results.y!).map((value) => (value === 0 ? 0 : 2)),
    );
  });
});

describe("scope", () => {
  it("draws initial values by seed and name, whatever the order", () => {
    const build = (names: string[], seed: number) => {
      const graph = emptyGraph("seeded");
      const p = nn.scope(graph, { prefix: "m.", seed });
      for (const name of names) p.at(name).parameter("weight", [4, 4], nn.init.normal(1));
      return (name: string) => numbers(graph.parameters.get(`m.${name}.weight`)?.tensor as Tensor);
    };
    expect(build(["a", "b"], 1)("a")).toEqual(build(["b", "a"], 1)("a"));
    expect(build(["a", "b"], 1)("a")).not.toEqual(build(["a"], 2)("a"));
    expect(build(["a", "b"], 1)("a")).not.toEqual(build(["a", "b"], 1)("b"));
  });

  it("draws normal numbers", () => {
    const p = nn.scope(emptyGraph("normal"), { seed: 3 });
    const draws = numbers(p.parameter("w", [20_000], nn.init.normal(2)).tensor as Tensor);
    const mean = draws.reduce((a, b) => a + b) / draws.length;
    expect(Math.abs(mean)).toBeLessThan(0.05);
    expect(Math.sqrt(draws.reduce((a, b) => a + (b - mean) ** 2, 0) / draws.length)).toBeCloseTo(2, 1);
  });

  it("shares a parameter asked for twice and refuses another shape", () => {
    const p = nn.scope(emptyGraph("shared"), { trainable: /bias/ });
    const weight = p.parameter("weight", [2], nn.init.ones);
    expect(p.parameter("weight", [2], nn.init.zeros)).toBe(weight);
    expect(() => p.parameter("weight", [3], nn.init.ones)).toThrow(
      expect.objectContaining({ code: "PARAMETER_SHAPE" }),
    );
    expect([weight.trainable, p.parameter("bias", [2], nn.init.ones).trainable]).toEqual([false, true]);
  });

  it("takes given weights", () => {
    const weights = new Map([["w", tensor("float32", [2], [5, 6])]]);
    const p = nn.scope(emptyGraph("given"), { weights });
    expect(numbers(p.parameter("w", [2], nn.init.zeros).tensor as Tensor)).toEqual([5, 6]);
  });
});

describe("crossEntropy", () => {
  const logits = tensor("float32", [3, 2], [0, 0, 1e4, -1e4, 0, Math.log(3)]);

  it("leaves ignored rows out and stays finite", async () => {
    const graph = emptyGraph("ce");
    const x = graph.input("x", logits);
    const loss = nn.crossEntropy(x, graph.constant([0, -100, 1], "int64"));
    const [dx] = grad(loss, [x]) as [Value];
    const got = await run(graph, { loss, dx }, { x: logits });
    near(got.loss, [(Math.log(2) + Math.log(4 / 3)) / 2]);
    near(got.dx, [-0.25, 0.25, 0, 0, 0.125, -0.125]);
  });

  it("is 0 with zero gradient when no row counts", async () => {
    const graph = emptyGraph("none");
    const x = graph.input("x", logits);
    const loss = nn.crossEntropy(x, graph.constant([-100, -100, -100], "int64"));
    const [dx] = grad(loss, [x]) as [Value];
    const got = await run(graph, { loss, dx }, { x: logits });
    near(got.loss, [0]);
    near(got.dx, [0, 0, 0, 0, 0, 0]);
  });

  it.each([
    { reduction: "sum", labelSmoothing: 0.1 },
    { reduction: "none", labelSmoothing: 0.3 },
    { reduction: "mean", ignoreIndex: null },
  ] as const)("agrees with the chain rule: %o", async (options) => {
    const graph = emptyGraph("chain");
    const shape = [4, 5];
    const x = graph.input("x", { dtype: "float32", shape });
    const labels = [1, 4, 0, 2];
    const closed = nn.crossEntropy(x, graph.constant(labels, "int64"), options);
    const { labelSmoothing: smoothing = 0 } = options as nn.CrossEntropyOptions;
    const target = labels.flatMap((label) =>
      shape.concat([0, 0, 0]).map((_, c) => (c === label ? 1 - smoothing : 0) + smoothing / 5),
    );
    const rows = op.neg(
      op.reduceSum(op.mul(op.logSoftmax(x), graph.constant(tensor("float32", shape, target))), { axes: [1] }),
    );
    const plain =
      options.reduction === "sum" ? op.reduceSum(rows) : options.reduction === "mean" ? op.reduceMean(rows) : rows;
    const weigh = (loss: Value) =>
      loss.shape.length === 0 ? loss : op.reduceSum(op.mul(loss, graph.constant([1, -2, 3, 0.5])));
    const [a] = grad(weigh(closed), [x]) as [Value];
    const [b] = grad(weigh(plain), [x]) as [Value];
    const got = await run(graph, { closed, plain, a, b }, { x: wave(shape) });
    near(got.closed, numbers(got.plain as Tensor));
    near(got.a, numbers(got.b as Tensor));
  });
});

describe("sdpa", () => {
  const shapes = { q: [2, 4, 3, 2], k: [2, 2, 5, 2], v: [2, 2, 5, 2] };

  it.each([
    ["a bool mask", "bool"],
    ["an additive mask", "float32"],
  ] as const)("with %s has the gradients of the chain rule", async (_, dtype) => {
    const graph = emptyGraph("sdpa");
    const [q, k, v] = Object.entries(shapes).map(([name, shape]) => graph.input(name, wave(shape))) as [
      Value,
      Value,
      Value,
    ];
    const bias = wave([1, 1, 3, 5]);
    const mask =
      dtype === "bool"
        ? graph.constant(
            tensor(
              "bool",
              bias.shape,
              numbers(bias).map((value) => Number(value > -0.5)),
            ),
          )
        : graph.input("mask", bias);
    const closed = nn.sdpa(q, k, v, { mask });
    // The same with every key head written out twice.
    const twice = (x: Value) => op.reshape(op.expand(op.unsqueeze(x, [2]), [2, 2, 2, 5, 2]), [2, 4, 5, 2]);
    const scores = op.mul(op.matMul(q, op.transpose(twice(k), [0, 1, 3, 2])), Math.SQRT1_2);
    const masked = dtype === "bool" ? op.where(mask, scores, -1e30) : op.add(scores, mask);
    const plain = op.matMul(op.softmax(masked), twice(v));
    const seed = graph.constant(wave(closed.shape as number[]));
    const wrt = dtype === "bool" ? [q, k, v] : [q, k, v, mask];
    const outputs: Record<string, Value> = { closed, plain };
    grad(closed, wrt, { seed }).forEach((value, i) => {
      outputs[`a${i}`] = value;
    });
    grad(plain, wrt, { seed }).forEach((value, i) => {
      outputs[`b${i}`] = value;
    });
    const feeds = Object.fromEntries(graph.inputs.map((input) => [input.name, wave(input.shape as number[])]));
    const got = await run(graph, outputs, feeds);
    near(got.closed, numbers(got.plain as Tensor));
    wrt.forEach((_value, i) => {
      near(got[`a${i}`], numbers(got[`b${i}`] as Tensor));
    });
  });
});

describe("decoding with a cache", () => {
  it("gives what attention over the whole sequence gives", async () => {
    const options = { heads: 4, kvHeads: 2, hidden: 12, epsilon: 1e-6 };
    const x = wave([2, 5, 8]);
    const whole = emptyGraph("whole");
    const y = nn.block.llama(nn.scope(whole, { seed: 1 }), whole.input("x", x), options);
    const expected = (await run(whole, { y }, { x })).y as Tensor;

    const decoder = (length: number) => {
      const graph = emptyGraph("step");
      const cacheType = { dtype: "float32" as const, shape: [2, 2, 7, 2] };
      const cache = {
        key: graph.input("key", cacheType),
        value: graph.input("value", cacheType),
        position: graph.input("position", { dtype: "int64", shape: [] }),
      };
      const count = graph.constant([...Array(length).keys()], "int64");
      const positions = op.add(count, cache.position);
      const input = graph.input("x", { dtype: "float32", shape: [2, length, 8] });
      return { graph, ...nn.block.cachedLlama(nn.scope(graph, { seed: 1 }), input, { ...options, positions, cache }) };
    };
    const slice = (from: number, to: number) =>
      tensor(
        "float32",
        [2, to - from, 8],
        [0, 1].flatMap((b) => numbers(x).slice((b * 5 + from) * 8, (b * 5 + to) * 8)),
      );
    let cache = { key: filled("float32", [2, 2, 7, 2], 0), value: filled("float32", [2, 2, 7, 2], 0) };
    const chunks: [number, number][] = [
      [0, 3],
      [3, 4],
      [4, 5],
    ];
    for (const [from, to] of chunks) {
      const { graph, y: out, key, value } = decoder(to - from);
      const feeds = { x: slice(from, to), ...cache, position: tensor("int64", [], [from]) };
      const got = await run(graph, { y: out, newKey: key, newValue: value }, feeds);
      cache = { key: got.newKey as Tensor, value: got.newValue as Tensor };
      const all = numbers(expected);
      near(
        got.y,
        [0, 1].flatMap((b) => all.slice((b * 5 + from) * 8, (b * 5 + to) * 8)),
      );
    }
  });
});
