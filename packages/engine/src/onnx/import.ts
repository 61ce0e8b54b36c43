import { ModelError, RetortError, ShapeError } from "../errors.ts";
import { type AttributeValue, Graph, type Value } from "../graph/graph.ts";
import { isFloat, type Tensor, type TensorType, tensor } from "../graph/tensor.ts";
import { opset as tableOpset } from "../ops/definition.ts";
import { castCodes } from "../ops/functions.ts";
import { ops } from "../ops/index.ts";
import { addFolded } from "./fold.ts";
import { type Halves, widened, widenedDType, widenedType } from "./halves.ts";
import { attributeValue, nodeText, sortedNodes } from "./node.ts";
import { parameterNames } from "./parameter-name.ts";
import {
  attributeType,
  decodeModel,
  type GraphProto,
  int64ToNumber,
  type ModelProto,
  type NodeProto,
  type ValueInfoProto,
} from "./proto.ts";
import { dtypeOf, type ExternalFile, tensorFromProto } from "./tensor-proto.ts";
import { type OldNode, upgrades } from "./upgrade.ts";

export interface ImportOptions {
  /** Sizes of dynamic dimensions by their name in the model ("batch"), or "<input>.<axis>" for one without a name. */
  dims?: Readonly<Record<string, number>>;
  /** Reads files that hold weights outside the model. */
  external?: ExternalFile;
  /**
   * Which weights training changes, by name. A weight that the exporter stored under a name of its own
   * ("onnx::MatMul_12") is called after the module that uses it ("blocks.0.fc1.weight"); the pattern may match either.
   * Default: every float weight, running statistics excepted.
   */
  trainable?: RegExp | ((name: string) => boolean);
  /** What becomes of 16-bit floats: "float32" (default) reads weights and arithmetic as float32, "keep" leaves them. */
  halves?: Halves;
}

/** The oldest opset that is converted; the newest is the operator table's. */
const oldestOpset = 11;

/**
 * Reads an ONNX model into a graph with all shapes known: dynamic dimensions are bound, shape arithmetic is folded, older
 * operator versions are rewritten.
 * @throws ModelError NOT_ONNX, UNSUPPORTED_OPSET, CYCLE, UNKNOWN_OP, UNKNOWN_VALUE, EXTERNAL_DATA, BAD_TENSOR, BAD_NODE ...
 * @throws ShapeError UNBOUND_DIMENSION, or the node whose shapes clash
 */
export function importOnnx(bytes: Uint8Array, options: ImportOptions = {}): Graph {
  const model = decodeModel(bytes);
  const source = model.graph!;
  const graph = new Graph(source.name || "model", ops);
  const context = {
    halves: "float32",
    ...options,
    graph,
    opset: opsetOf(model),
    values: new Map<string, Value>(),
  } as const;
  const weights = new Set(source.initializer.map(({ name }) => name));
  for (const input of source.input) {
    // Before IR version 4 the weights were listed among the inputs.
    if (!weights.has(input.name)) context.values.set(input.name, graph.input(input.name, boundType(input, context)));
  }
  fill(source, context).forEach((value, i) => {
    graph.output(source.output[i]!.name, value);
  });
  graph.prune();
  return graph;
}

function opsetOf({ opsetImport }: ModelProto): number {
  const entry = opsetImport.find(({ domain }) => !domain || domain === "ai.onnx");
  const version = entry ? int64ToNumber(entry.version) : tableOpset;
  if (version >= oldestOpset && version <= tableOpset) return version;
  throw new ModelError({
    code: "UNSUPPORTED_OPSET",
    message: "a model of another operator set",
    expected: `opset ${oldestOpset} to ${tableOpset}`,
    got: `${version}`,
    fix: "Export it again with an opset in that range, e.g. torch.onnx.export(..., opset_version=17).",
  });
}

/** An input's type with its dynamic dimensions bound. */
function boundType({ name, type }: ValueInfoProto, { dims = {}, halves }: Context): TensorType {
  const where = `input "${name}"`;
  const tensorType = type?.tensorType;
  if (!tensorType?.shape)
    throw new ModelError({ code: "BAD_INPUT", message: "an input that is no tensor of known rank", where });
  const shape = tensorType.shape.dim.map((dim, axis) => {
    const fixed = Object.hasOwn(dim, "dimValue") ? int64ToNumber(dim.dimValue!) : 0;
    if (fixed > 0) return fixed;
    const key = dim.dimParam || `${name}.${axis}`;
    const size = Object.hasOwn(dims, key) ? dims[key] : undefined;
    if (size !== undefined && Number.isSafeInteger(size) && size >= 0) return size;
    throw new ShapeError({
      code: "UNBOUND_DIMENSION",
      message: `dimension ${axis} is dynamic`,
      expected: `a size for "${key}"`,
      got: size === undefined ? `sizes for ${Object.keys(dims).join(", ") || "nothing"}` : `${size}`,
      where,
      fix: `Pass dims: { ${JSON.stringify(key)}: <size> }.`,
    });
  });
  return widenedType({ dtype: dtypeOf(tensorType.elemType, where), shape }, halves);
}

interface Context extends Omit<ImportOptions, "halves"> {
  readonly halves: Halves;
  readonly graph: Graph;
  /** Values by their names in the file. */
  readonly values: Map<string, Value>;
  readonly opset: number;
}

/** Inputs that hold statistics or settings, which no loss should move. */
const untrained: Readonly<Record<string, readonly number[]>> = { BatchNormalization: [3, 4], Resize: [1, 2] };

function addWeights(source: GraphProto, context: Context): void {
  const { graph, values, trainable, halves, external } = context;
  const fixed = new Set(source.node.flatMap(({ opType, input }) => (untrained[opType] ?? []).map((i) => input[i])));
  const names = parameterNames(source);
  const wanted = (name: string) => (trainable instanceof RegExp ? trainable.test(name) : (trainable?.(name) ?? true));
  for (const proto of source.initializer) {
    const original = proto.name ?? "";
    const contents = widened(tensorFromProto(proto, `weight "${original}"`, external), halves);
    const name = names.get(original)!;
    values.set(
      original,
      isFloat(contents.dtype)
        ? graph.parameter(name, contents, {
            trainable: !fixed.has(original) && (wanted(name) || (name !== original && wanted(original))),
          })
        : graph.constant(contents, contents.dtype, original),
    );
  }
}

function addNode(proto: NodeProto, context: Context): void {
  const where = nodeText(proto);
  try {
    const outputs = nodeValues(proto, context);
    proto.output.forEach((name, i) => {
      if (name !== "" && outputs[i]) context.values.set(name, outputs[i]);
    });
  } catch (cause) {
    if (cause instanceof RetortError) throw cause;
    // Inference met something that no valid model holds.
    throw new ModelError({ code: "BAD_NODE", message: "a node that makes no sense", got: String(cause), where, cause });
  }
}

function nodeValues(proto: NodeProto, context: Context): Value[] {
  const { graph, values, opset, halves } = context;
  const where = nodeText(proto);
  const inputs = proto.input.map((name) => (name === "" ? null : lookUp(values, name, where)));
  if (proto.opType === "Constant") return [graph.constant(constantTensor(proto, context), undefined, proto.output[0])];
  if (proto.opType === "Identity" && inputs[0]) return [inputs[0]];
  if (proto.opType === "If" && inputs[0]?.kind === "constant")
    return takenBranch(proto, Number(inputs[0].tensor!.data[0]) !== 0, context);

  const numOutputs = proto.output.findLastIndex((name) => name !== "") + 1;
  const attributes = nodeAttributes(proto, context);
  while (inputs.at(-1) === null) inputs.pop();
  const node = {
    graph,
    opset,
    name: proto.name || proto.output[0] || proto.opType,
    op: proto.opType,
    inputs,
    attributes,
    numOutputs,
  };
  const replaced = Object.hasOwn(upgrades, node.op) ? upgrades[node.op]!(node) : undefined;
  if (replaced) return replaced;
  if (node.op === "Cast") attributes.to = castCodes[widenedDType(dtypeOf(Number(attributes.to), where), halves)];
  checkAttributes(node, proto.attribute, where);
  const options = { name: node.name, numOutputs: node.numOutputs, outputNames: proto.output.slice(0, numOutputs) };
  return addFolded(graph, node.op, node.inputs, { attributes, options });
}

function nodeAttributes(proto: NodeProto, context: Context): Record<string, AttributeValue> {
  const where = nodeText(proto);
  return Object.fromEntries(
    proto.attribute.map((attribute) => {
      const value = attributeValue(attribute, where);
      if (typeof value === "object" && "data" in value) return [attribute.name, widened(value, context.halves)];
      return [attribute.name, value ?? subgraph(attribute.g!, context)];
    }),
  );
}

/** The contents of a Constant node, which has one attribute of several. */
function constantTensor(proto: NodeProto, { halves }: Context): Tensor {
  const where = nodeText(proto);
  for (const attribute of proto.attribute) {
    const value = attributeValue(attribute, where);
    const floats = attribute.name === "value_float" || attribute.name === "value_floats";
    if (typeof value === "number") return tensor(floats ? "float32" : "int64", [], [value]);
    if (Array.isArray(value) && (floats || attribute.name === "value_ints"))
      return tensor(floats ? "float32" : "int64", [value.length], value as number[]);
    if (typeof value === "object" && "data" in value) return widened(value, halves);
  }
  throw new ModelError({ code: "BAD_NODE", message: "a constant without numeric contents", where });
}

/** The branch of an If that its constant condition takes, laid into the graph around it. */
function takenBranch(proto: NodeProto, condition: boolean, context: Context): Value[] {
  const branch = proto.attribute.find(({ name }) => name === (condition ? "then_branch" : "else_branch"))?.g;
  if (!branch) throw new ModelError({ code: "BAD_NODE", message: "an If without that branch", where: nodeText(proto) });
  return fill(branch, { ...context, values: new Map(context.values) });
}

/** A body that stays one, of an If whose condition is not known. */
function subgraph(source: GraphProto, context: Context): Graph {
  const body = context.graph.subgraph(source.name || "body");
  const values = new Map(context.values);
  for (const input of source.input)
    values.set(input.name, body.input(body.uniqueName(input.name), boundType(input, context)));
  fill(source, { ...context, graph: body, values }).forEach((value, i) => {
    body.output(source.output[i]!.name, value);
  });
  return body;
}

/** Adds a graph's weights and nodes; returns the values of its outputs. */
function fill(source: GraphProto, context: Context): Value[] {
  addWeights(source, context);
  for (const node of sortedNodes(source.node)) addNode(node, context);
  return source.output.map(({ name }) => lookUp(context.values, name, `output "${name}"`));
}

function lookUp(values: ReadonlyMap<string, Value>, name: string, where: string): Value {
  const value = values.get(name);
  if (value) return value;
  throw new ModelError({ code: "UNKNOWN_VALUE", message: "a tensor that nothing computes", got: `"${name}"`, where });
}

/** @throws ModelError when an attribute is of another type than its operator takes */
function checkAttributes({ graph, op, attributes }: OldNode, given: NodeProto["attribute"], where: string): void {
  const schema = graph.definition(op).attributes;
  for (const { name, type } of given) {
    const expected = schema[name]?.type;
    if (!Object.hasOwn(attributes, name) || expected === undefined || attributeType[expected] === type) continue;
    throw new ModelError({
      code: "BAD_ATTRIBUTE",
      message: `attribute "${name}" of another type`,
      expected,
      got: `type ${type}`,
      where,
    });
  }
}
