import { graph as emptyGraph, type Graph, grad, ModelError, type Tensor, type Value } from "@retort/engine";
import { compile, type Provider } from "@retort/engine/node";
import type { Quantity, Verifier, VerifyCase } from "@retort/engine/verify";

/** A case's tensors as inputs of a graph, by the case's names. */
export type CaseTensors = (name: string) => Value;

/** Outputs of a case by name, "loss" among them. */
type Build = (tensors: CaseTensors, params: VerifyCase["params"]) => Readonly<Record<string, Value>>;

/** Verifies what `build` makes of a case's tensors: its outputs, and for every expected "grad.<input>" that of "loss". */
export function lossVerifier(build: Build): Verifier {
  return async (testCase, { provider }) => {
    const graph = emptyGraph(testCase.name);
    const given = tensorsOf(testCase);
    const inputs = new Map<string, Value>();
    const tensors = (name: string): Value => {
      const known = inputs.get(name);
      if (known) return known;
      const held = given.get(name);
      if (!held) throw lacking(testCase, name);
      const input = graph.input(name, held);
      inputs.set(name, input);
      return input;
    };
    const outputs = build(tensors, testCase.params);
    addOutputs(graph, outputs);
    const wanted = Object.keys(testCase.expect ?? {}).flatMap((name) => /^grad\.(.+)$/.exec(name)?.[1] ?? []);
    const gradients = wanted.length === 0 ? [] : grad(outputs.loss!, wanted.map(tensors));
    addOutputs(graph, Object.fromEntries(gradients.map((gradient, i) => [`grad.${wanted[i]}`, gradient])));
    const program = await compile(graph, { provider: provider as Provider, threads: 1 });
    try {
      return await program.run(Object.fromEntries([...inputs.keys()].map((name) => [name, given.get(name)!])));
    } finally {
      await program.dispose();
    }
  };
}

function addOutputs(graph: Graph, outputs: Readonly<Record<string, Value>>): void {
  for (const [name, value] of Object.entries(outputs)) graph.output(name, value);
}

function tensorsOf({ inputs }: VerifyCase): ReadonlyMap<string, Tensor> {
  const isTensor = (entry: [string, Quantity]): entry is [string, Tensor] => "dtype" in entry[1];
  return new Map(Object.entries(inputs).filter(isTensor));
}

function lacking(testCase: VerifyCase, name: string): ModelError {
  return new ModelError({
    code: "CASE_FORMAT",
    message: "A case lacks an input",
    expected: `a tensor ${name}`,
    got: Object.keys(testCase.inputs).join(", ") || "none",
    where: testCase.name,
  });
}
