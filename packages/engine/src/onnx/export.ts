import { ModelError } from "../errors.ts";
import { type AttributeValue, Graph, type Node, neededNodes, reads, type Value } from "../graph/graph.ts";
import { sizeOf, type Tensor, type TensorType } from "../graph/tensor.ts";
import { type AttributeSpec, opset } from "../ops/definition.ts";
import {
  type AttributeProto,
  attributeType,
  encodeModel,
  type GraphProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from "./proto.ts";
import { dtypeCode, tensorToProto } from "./tensor-proto.ts";

export interface ExportOptions {
  /** Contents of parameters by name, e.g. `step.parameters()`; default: the contents they were made with. */
  weights?: ReadonlyMap<string, Tensor>;
  /** Written to the model's metadata_props. */
  metadata?: Readonly<Record<string, string>>;
}

/** A plain ONNX model of what the graph's outputs need, inputs included; parameters become initializers. */
export function exportOnnx(graph: Graph, { weights, metadata = {} }: ExportOptions = {}): Uint8Array {
  const { nodes, initializers } = emit(graph, { outputs: graph.outputs, weights });
  return encodeGraph(
    {
      name: graph.name,
      input: neededInputs(graph).map((value) => valueInfo(value.name, value)),
      output: [...graph.outputs].map(([name, value]) => valueInfo(name, value)),
      initializer: initializers,
      node: nodes,
    },
    metadata,
  );
}

/** The bytes of a model around a finished graph. */
export function encodeGraph(graph: GraphProto, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  return encodeModel({
    irVersion: 10,
    producerName: "retort",
    opsetImport: [
      { domain: "", version: opset },
      { domain: "com.microsoft", version: 1 },
    ],
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    graph,
  });
}

export interface EmitOptions {
  /** The values that must exist afterwards, under the names they get. */
  outputs: ReadonlyMap<string, Value>;
  weights?: ReadonlyMap<string, Tensor> | undefined;
  /** Names of inputs and parameters that exist already; such a parameter is not written. */
  given?: ReadonlyMap<Value, string>;
  /** Put before all other names, so that several graphs can be laid into one. */
  prefix?: string;
}

/** The nodes that the outputs need, in order, with their constants and weights. */
export function emit(graph: Graph, options: EmitOptions): { nodes: NodeProto[]; initializers: TensorProto[] } {
  const { outputs, weights, given = new Map(), prefix = "" } = options;
  const names = new Map<Value, string>(given);
  // The tensor itself takes the output's name: a copying Identity for each would cost a pass over memory.
  for (const [name, value] of outputs) {
    if (value.graph === graph && value.kind === "node" && !names.has(value)) names.set(value, name);
  }
  const nameOf = (value: Value): string => {
    const own = prefix + value.name;
    return names.get(value) ?? (value.kind === "node" && outputs.has(own) ? `${own}'` : own);
  };
  const copies: NodeProto[] = [...outputs]
    .filter(([name, value]) => nameOf(value) !== name)
    .map(([name, value]) => ({ opType: "Identity", input: [nameOf(value)], output: [name], attribute: [] }));

  const nodes: NodeProto[] = [];
  const needed = neededNodes([...outputs.values()]);
  const used = usedValues([...outputs.values()]);
  for (const node of graph.nodes) if (needed.has(node)) nodes.push(nodeProto(node, { nameOf, prefix }));
  const initializers: TensorProto[] = [];
  for (const value of [...graph.parameters.values(), ...graph.constants]) {
    if (!used.has(value) || given.has(value)) continue;
    const contents = (value.kind === "parameter" && weights?.get(value.name)) || value.tensor!;
    if (contents.data.length !== sizeOf(contents.shape)) throw missingContents(value);
    initializers.push(tensorToProto(nameOf(value), contents));
  }
  return { nodes: [...nodes, ...copies], initializers };
}

function missingContents({ name, graph, dtype, shape }: Value): ModelError {
  return new ModelError({
    code: "MISSING_WEIGHT",
    message: `parameter "${name}" has no contents`,
    expected: `weights with ${dtype}[${shape}] under that name`,
    got: "a graph that was built without contents",
    where: `graph "${graph.name}"`,
  });
}

/** Everything that the results are computed from, with the results themselves. */
export function usedValues(results: readonly Value[]): Set<Value> {
  const used = new Set(results);
  for (const node of neededNodes(results)) for (const value of reads(node)) used.add(value);
  return used;
}

/** The inputs that the graph's outputs depend on. */
export function neededInputs(graph: Graph): Value[] {
  const used = usedValues([...graph.outputs.values()]);
  return graph.inputs.filter((input) => used.has(input));
}

export function valueInfo(name: string, { dtype, shape }: TensorType): ValueInfoProto {
  const dim = shape.map((dimValue) => ({ dimValue }));
  return { name, type: { tensorType: { elemType: dtypeCode(dtype), shape: { dim } } } };
}

interface Naming {
  nameOf: (value: Value) => string;
  prefix: string;
}

function nodeProto(node: Node, naming: Naming): NodeProto {
  const schema = node.graph.definition(node.op).attributes;
  return {
    opType: node.op,
    domain: node.domain,
    name: naming.prefix + node.name,
    input: node.inputs.map((value) => (value === null ? "" : naming.nameOf(value))),
    output: node.outputs.map(naming.nameOf),
    attribute: Object.entries(node.attributes).map(([name, value]) =>
      attributeProto(name, value, schema[name]!, naming),
    ),
  };
}

const utf8 = new TextEncoder();

function attributeProto(name: string, value: AttributeValue, { type }: AttributeSpec, naming: Naming): AttributeProto {
  const made = { name, type: attributeType[type] };
  if (value instanceof Graph) return { ...made, g: subgraphProto(value, naming) };
  switch (type) {
    case "int":
      return { ...made, i: value as number };
    case "float":
      return { ...made, f: value as number };
    case "string":
      return { ...made, s: utf8.encode(value as string) };
    case "ints":
      return { ...made, ints: [...(value as readonly number[])] };
    case "floats":
      return { ...made, floats: [...(value as readonly number[])] };
    case "strings":
      return { ...made, strings: (value as readonly string[]).map((text) => utf8.encode(text)) };
    case "tensor":
      return { ...made, t: tensorToProto("", value as Tensor) };
    case "graph":
      throw new ModelError({
        code: "BAD_ATTRIBUTE",
        message: `attribute "${name}" must be a graph`,
        got: typeof value,
      });
  }
}

/** A body of If or Loop. Its results always pass an Identity, since a captured value may not be a result itself. */
function subgraphProto(graph: Graph, naming: Naming): GraphProto {
  const results = [...graph.outputs].map(([, value], i) => ({
    value,
    name: `${naming.prefix}${graph.name}/result${i}`,
  }));
  const copies = results.map(({ name, value }) => ({
    opType: "Identity",
    input: [naming.nameOf(value)],
    output: [name],
    attribute: [],
  }));
  return {
    name: graph.name,
    input: graph.inputs.map((value) => valueInfo(naming.nameOf(value), value)),
    output: results.map(({ name, value }) => valueInfo(name, value)),
    initializer: [...graph.parameters.values(), ...graph.constants].map((value) =>
      tensorToProto(naming.nameOf(value), value.tensor!),
    ),
    node: [...graph.nodes.map((node) => nodeProto(node, naming)), ...copies],
  };
}
