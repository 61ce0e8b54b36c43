import { readFileSync } from "node:fs";
import { grad } from "../autodiff/grad.ts";
import { ModelError } from "../errors.ts";
import type { Graph, Value } from "../graph/graph.ts";
import { numbers, sameShape, type Tensor, tensor } from "../graph/tensor.ts";
import { onnxInputs } from "../onnx/inputs.ts";
import { op } from "../ops/functions.ts";
import { importFile } from "../runtime/import-file.ts";
import { compile } from "../runtime/program.ts";
import type { Provider } from "../runtime/providers.ts";
import { tensorsOf, type Verifier, type VerifierTable, type VerifyCase } from "./case.ts";

/** What a case says of one parameter's gradient. */
interface GradientSummary {
  shape: readonly number[];
  /** L2 norm. */
  norm: number;
  /** The first elements, row-major. */
  first: readonly number[];
}

/** Cases "onnx.gradient": a model file beside the case, its output, and the gradient of Σ output · cotangent. */
export const modelVerifiers: VerifierTable = { "onnx.gradient": verifyModel };

async function verifyModel(testCase: VerifyCase, { provider }: { provider: string }): ReturnType<Verifier> {
  const { cotangent, ...given } = tensorsOf(testCase.inputs) as Record<string, Tensor>;
  const { graph, feeds } = readModel(testCase, given);
  const [[outputName, output]] = [...graph.outputs] as [[string, Value]];
  const weights = [...graph.parameters.values()].filter(({ trainable }) => trainable);
  const gradients = grad(op.reduceSum(op.mul(output, graph.constant(cotangent!))), weights);
  gradients.forEach((gradient, i) => {
    graph.output(`gradient ${i}`, gradient);
  });
  const program = await compile(graph, { provider: provider as Provider });
  try {
    const results = await program.run(feeds);
    const found = new Map(weights.map(({ name }, i) => [name, results[`gradient ${i}`]!]));
    return { output: results[outputName]!, grads: { json: summaries(testCase, found) } };
  } finally {
    await program.dispose();
  }
}

/** The model with its dynamic dimensions bound to the sizes of the case's inputs, and these under the model's names. */
function readModel(
  testCase: VerifyCase,
  given: Readonly<Record<string, Tensor>>,
): { graph: Graph; feeds: Record<string, Tensor> } {
  const { modelPath, name } = testCase;
  if (modelPath === undefined) {
    const expected = "NAME.onnx beside NAME.json";
    throw new ModelError({ code: "NO_MODEL", message: "the case is about a model", expected, where: name });
  }
  const declared = onnxInputs(readFileSync(modelPath));
  // Inputs that the case calls by other names than the file are taken in the file's order.
  const inOrder = declared.every((input) => input.name in given) ? null : Object.values(given);
  const feeds = Object.fromEntries(
    declared.flatMap((input, i) => {
      const held = inOrder ? inOrder[i] : given[input.name];
      return held ? [[input.name, held]] : [];
    }),
  );
  const dims = declared.flatMap(({ name, shape }) =>
    shape.flatMap((dim, axis) => (typeof dim === "string" ? [[dim, feeds[name]?.shape[axis] ?? 1]] : [])),
  );
  // PyTorch lists a tied weight once: what has a gradient of its own is a weight of its own.
  const expected = expectedGradients(testCase);
  const separate = (weight: string) => Object.hasOwn(expected, weight);
  return { graph: importFile(modelPath, { dims: Object.fromEntries(dims), separate }), feeds };
}

function expectedGradients({ expect }: VerifyCase): Readonly<Record<string, GradientSummary>> {
  const grads = expect?.grads;
  return (grads && "json" in grads ? grads.json : {}) as Readonly<Record<string, GradientSummary>>;
}

/** For every gradient that the case expects, what was found under its name, or under another by shape and norm. */
function summaries(testCase: VerifyCase, found: ReadonlyMap<string, Tensor>): Record<string, GradientSummary> {
  const expected = expectedGradients(testCase);
  const unnamed = new Map([...found].filter(([name]) => !Object.hasOwn(expected, name)));
  const entries = Object.entries(expected).map(([name, want]) => {
    const own = found.get(name);
    const [summary] = (own ? [own] : [...unnamed.values()])
      .flatMap((gradient) => layouts(gradient, want.shape))
      .map((gradient) => summarise(gradient, want.first.length))
      .sort((a, b) => distance(a, want) - distance(b, want));
    return summary ? [[name, summary] as const] : [];
  });
  return Object.fromEntries(entries.flat());
}

/** The gradient in the wanted shape; and turned, since exporters may store a matrix transposed, or a vector with axes of one. */
function layouts(gradient: Tensor, shape: readonly number[]): Tensor[] {
  const { dtype } = gradient;
  const [rows = 0, columns = 0] = gradient.shape;
  const long = (sizes: readonly number[]) => sizes.filter((size) => size !== 1);
  const layouts = [sameShape(long(gradient.shape), long(shape)) ? { ...gradient, shape } : gradient];
  if (gradient.shape.length === 2) {
    const elements = numbers(gradient);
    const turned = elements.map((_, i) => elements[(i % rows) * columns + Math.floor(i / rows)]!);
    layouts.push(tensor(dtype, [columns, rows], turned));
  }
  return layouts.filter((layout) => sameShape(layout.shape, shape));
}

function distance(got: GradientSummary, want: GradientSummary): number {
  return got.first.reduce(
    (sum, element, i) => sum + Math.abs(element - want.first[i]!),
    Math.abs(got.norm - want.norm),
  );
}

function summarise(gradient: Tensor, count: number): GradientSummary {
  const elements = numbers(gradient);
  const norm = Math.sqrt(elements.reduce((sum, element) => sum + element * element, 0));
  return { shape: gradient.shape, norm, first: elements.slice(0, count) };
}
