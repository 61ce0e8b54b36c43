import { grad } from "../autodiff/grad.ts";
import type { Graph, Value } from "../graph/graph.ts";
import { isFloat, type Tensor } from "../graph/tensor.ts";
import { op } from "../ops/functions.ts";
import { compile } from "../runtime/program.ts";
import { tensorsOf, type VerifyCase } from "./case.ts";

/** A graph made for a case: its results, and the values that gradients are wanted of, under the case's names. */
export interface BuiltCase {
  graph: Graph;
  outputs: Readonly<Record<string, Value>>;
  wrt: Readonly<Record<string, Value>>;
}

/**
 * Runs a built case: its outputs and, for every expected "grad.<name>", the gradient of Σ output · cotangent (the input
 * "cotangent", or "cotangent.<output>" each), or of the output "loss" where no cotangent is given.
 */
export async function runCase(
  built: BuiltCase,
  testCase: VerifyCase,
  provider: string,
): Promise<Record<string, Tensor>> {
  const { graph, outputs, wrt } = built;
  const wanted = Object.keys(testCase.expect ?? {}).flatMap((name) =>
    name.startsWith("grad.") ? [name.slice(5)] : [],
  );
  const fixed = tensorsOf(testCase.inputs);
  const feeds = Object.fromEntries(graph.inputs.map((input) => [input.name, fixed[input.name] as Tensor]));
  if (wanted.length > 0) {
    const gradients = grad(
      scalarOf(built, fixed),
      wanted.map((name) => wrt[name] as Value),
    );
    gradients.forEach((gradient, i) => {
      graph.output(`grad.${wanted[i]}`, gradient);
    });
  }
  for (const [name, value] of Object.entries(outputs)) graph.output(name, value);
  const program = await compile(graph, { provider: provider as "cpu", threads: 1 });
  try {
    return await program.run(feeds);
  } finally {
    await program.dispose();
  }
}

function scalarOf({ graph, outputs }: BuiltCase, inputs: Readonly<Record<string, Tensor>>): Value {
  const named = Object.entries(outputs).filter(([, value]) => isFloat(value.dtype));
  const weighted = named.flatMap(([name, value]) => {
    const cotangent = inputs[`cotangent.${name}`] ?? inputs.cotangent;
    return cotangent ? [op.reduceSum(op.mul(value, graph.constant(cotangent)))] : [];
  });
  return weighted.length === 0 ? (outputs.loss as Value) : op.sum(...weighted);
}
