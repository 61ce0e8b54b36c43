import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { grad } from "../autodiff/grad.ts";
import { ModelError } from "../errors.ts";
import { graph as emptyGraph } from "../graph/builder.ts";
import type { Graph, Value } from "../graph/graph.ts";
import { isFloat, numbers, type Tensor, tensor } from "../graph/tensor.ts";
import { exportOnnx } from "../onnx/export.ts";
import { importOnnx } from "../onnx/import.ts";
import { compile, type Program } from "../runtime/program.ts";
import { op } from "./functions.ts";
import { families, ops } from "./index.ts";
import { drawFrom, type Sample } from "./testing/draw.ts";
import { samples } from "./testing/samples.ts";

const runs = { numRuns: 12, seed: 20261123, endOnFailure: true };
/** Difference step; the directions have components up to 1, the samples keep kinks further away. */
const step = 2 ** -5;

interface Built {
  graph: Graph;
  /** Graph inputs of the sample, float ones first in question. */
  feeds: Record<string, Tensor>;
  outputs: Value[];
}

describe.each(Object.entries(families))("%s", (_, family) => {
  it.each(Object.keys(family))("%s", async (name) => {
    const property = fc.asyncProperty(fc.gen(), async (generate) => {
      const draw = drawFrom(generate);
      const sample: Sample = samples[name as keyof typeof samples](draw);
      const built = build(name, sample);
      await conforms(name, built, sample);
    });
    await fc.assert(property, runs);
  });
});

function build(name: string, sample: Sample): Built {
  const graph = emptyGraph(name);
  const feeds: Record<string, Tensor> = {};
  const inputs = sample.inputs.map((item, i) => {
    if (item === null) return null;
    if ("constant" in item) return graph.constant(item.constant);
    feeds[`x${i}`] = item;
    return graph.input(`x${i}`, item);
  });
  const outputs = graph.add(name, inputs, sample.attributes ?? {}, { numOutputs: sample.numOutputs });
  outputs.forEach((value, i) => {
    graph.output(`y${i}`, value);
  });
  return { graph, feeds, outputs };
}

async function conforms(name: string, built: Built, sample: Sample): Promise<void> {
  const { graph, feeds, outputs } = built;
  roundTrips(graph);
  const wrt = graph.inputs.filter((input) => isFloat(input.dtype));
  const carrying = outputs.filter((output) => isFloat(output.dtype));
  const status = ops[name as keyof typeof ops].gradient;
  const differentiable = wrt.length > 0 && carrying.length > 0 && status !== "missing" && status !== "discrete";
  const cotangents = outputs.map((output) => cotangent(output));
  if (differentiable) {
    const total = op.sum(
      ...carrying.map((output) =>
        op.reduceSum(op.mul(output, graph.constant(cotangents[outputs.indexOf(output)] as Tensor))),
      ),
    );
    grad(total, wrt).forEach((gradient, i) => {
      graph.output(`grad.${wrt[i]?.name}`, gradient);
    });
  }
  if (status === "missing" && wrt.length > 0) {
    const total = op.reduceSum(carrying[0] as Value);
    expect(() => grad(total, wrt)).toThrow(ModelError);
  }
  const program = await compile(graph, { threads: 1 });
  try {
    const results = await program.run(feeds);
    outputs.forEach((value, i) => {
      const { dtype, shape } = results[`y${i}`] as Tensor;
      expect({ dtype, shape: [...shape] }).toEqual({ dtype: value.dtype, shape: [...value.shape] });
    });
    folds(built, sample, results);
    if (differentiable) await differences({ program, feeds, results, wrt, cotangents });
  } finally {
    await program.dispose();
  }
}

/** Written and read again, the graph has the same nodes. */
function roundTrips(graph: Graph): void {
  const again = importOnnx(exportOnnx(graph), { trainable: () => false });
  const outline = (g: Graph) => g.inputs.map((input) => [input.name, input.dtype, [...input.shape]]);
  expect(outline(again)).toEqual(outline(graph));
  expect([...again.outputs].map(([name, { dtype, shape }]) => [name, dtype, [...shape]])).toEqual(
    [...graph.outputs].map(([name, { dtype, shape }]) => [name, dtype, [...shape]]),
  );
}

/** Where all inputs are constants, folding gives what running gives. */
function folds({ graph, outputs, feeds }: Built, sample: Sample, results: Record<string, Tensor>): void {
  const inputs = sample.inputs.map((item) => item && graph.constant("constant" in item ? item.constant : item));
  const node = outputs[0]?.producer;
  const name = graph.name;
  const folded = node ? graph.fold(name, inputs, sample.attributes ?? {}, { numOutputs: outputs.length }) : null;
  folded?.forEach((held, i) => {
    const want = results[`y${i}`] as Tensor;
    expect(held.dtype).toBe(want.dtype);
    expect([...held.shape]).toEqual([...want.shape]);
    const goal = numbers(want);
    numbers(held).forEach((value, at) => {
      expect(value).toBeCloseTo(goal[at] as number, 4);
    });
  });
  expect(Object.keys(feeds).length).toBe(graph.inputs.length);
}

interface Differences {
  program: Program;
  feeds: Record<string, Tensor>;
  results: Record<string, Tensor>;
  wrt: Value[];
  cotangents: Tensor[];
}

/** Along a random direction of every input, the gradient agrees with extrapolated central differences. */
async function differences({ program, feeds, results, wrt, cotangents }: Differences): Promise<void> {
  const only = cotangents.map((_, i) => `y${i}`);
  const objective = async (name: string, direction: number[], length: number): Promise<number> => {
    const x = feeds[name] as Tensor;
    const moved = tensor(
      x.dtype,
      x.shape,
      numbers(x).map((value, i) => value + length * (direction[i] as number)),
    );
    const outputs = await program.run({ ...feeds, [name]: moved }, { only });
    return cotangents.reduce((sum, weights, i) => {
      const y = outputs[`y${i}`] as Tensor;
      return isFloat(y.dtype) ? sum + dot(numbers(y), numbers(weights)) : sum;
    }, 0);
  };
  for (const { name } of wrt) {
    const gradient = numbers(results[`grad.${name}`] as Tensor);
    const direction = gradient.map((_, i) => Math.cos(1 + 2.3 * i));
    const central = async (h: number) => {
      const x = feeds[name] as Tensor;
      // The step that float32 really takes.
      const [up, down] = [await objective(name, direction, h), await objective(name, direction, -h)];
      expect(x.dtype).toBe("float32");
      return (up - down) / (2 * h);
    };
    const [coarse, fine] = [await central(step), await central(step / 2)];
    const numeric = (4 * fine - coarse) / 3;
    const analytic = dot(gradient, direction);
    const scale = 1 + gradient.reduce((sum, value, i) => sum + Math.abs(value * (direction[i] as number)), 0);
    expect(
      Math.abs(numeric - analytic) / scale,
      `${name}: ${numeric} by differences, ${analytic} by the rule`,
    ).toBeLessThan(3e-3);
  }
}

function dot(a: number[], b: number[]): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
}

/** Fixed weights that single out every element. */
function cotangent({ dtype, shape }: Value): Tensor {
  const size = shape.reduce((product, dim) => product * dim, 1);
  return tensor(
    isFloat(dtype) ? dtype : "float32",
    shape,
    Array.from({ length: size }, (_, i) => Math.sin(1 + 1.7 * i)),
  );
}
