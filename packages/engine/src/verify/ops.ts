import { graph as emptyGraph } from "../graph/builder.ts";
import type { Attributes, AttributeValue, Graph, Value } from "../graph/graph.ts";
import { tensor } from "../graph/tensor.ts";
import { bare, type OpDefinition } from "../ops/definition.ts";
import { ops } from "../ops/index.ts";
import { tensorsOf, type Verifier, type VerifierTable, type VerifyCase } from "./case.ts";
import { runCase } from "./differentiate.ts";

/** Cases "onnx.<Operator>": one node of the operator, checked with its gradients. */
export const opVerifiers: VerifierTable = Object.fromEntries(
  Object.values(ops).map((definition) => [`onnx.${definition.name}`, verifierOf(definition)]),
);

function verifierOf(definition: OpDefinition): Verifier {
  return async (testCase, { provider }) => {
    const graph = emptyGraph(testCase.name);
    const wrt = Object.fromEntries(
      Object.entries(tensorsOf(testCase.inputs))
        .filter(([name]) => !name.startsWith("cotangent"))
        .map(([name, held]) => [name, graph.input(name, held)]),
    );
    const inputs = definition.inputs.flatMap((argument) =>
      argument.endsWith("...")
        ? Object.values(wrt)
        : [wrt[bare(argument)] ?? parameterInput(graph, definition, { argument, testCase })],
    );
    while (inputs.at(-1) === null) inputs.pop();
    const results = Object.keys(testCase.expect ?? {}).filter((name) => !name.startsWith("grad."));
    const numOutputs = results.length > 0 ? results.length : undefined;
    const values = graph.add(definition.name, inputs, attributesOf(definition, testCase), { numOutputs });
    const outputs = Object.fromEntries(values.map((value, i) => [results[i] ?? `Y${i}`, value]));
    return runCase({ graph, outputs, wrt }, testCase, provider);
  };
}

/** ONNX arguments that go by another name among a case's params. */
const paramNames: Readonly<Record<string, string>> = { K: "k", axis: "axis" };

/** An argument that newer opsets pass as an input and the cases among the params. */
function parameterInput(
  graph: Graph,
  definition: OpDefinition,
  at: { argument: string; testCase: VerifyCase },
): Value | null {
  const name = bare(at.argument);
  const given = at.testCase.params[paramNames[name] ?? name];
  if (given === undefined || (Array.isArray(given) && given.length === 0)) return null;
  const float = floatArguments.has(`${definition.name}.${name}`);
  const list = listArguments.has(`${definition.name}.${name}`) ? [Number(given)] : given;
  if (Array.isArray(list)) return graph.constant(tensor(float ? "float32" : "int64", [list.length], list.map(Number)));
  return graph.constant(Number(list), float ? "float32" : "int64");
}

const floatArguments = new Set(["Resize.scales", "Pad.constant_value", "Clip.min", "Clip.max"]);
/** A single number that the operator wants as a list of one. */
const listArguments = new Set(["TopK.K"]);

function attributesOf(definition: OpDefinition, { params }: VerifyCase): Attributes {
  const own = Object.entries(params).filter(
    ([name]) =>
      Object.hasOwn(definition.attributes, name) && !definition.inputs.some((argument) => bare(argument) === name),
  );
  return Object.fromEntries(own as [string, AttributeValue][]);
}
