/** One node of a file on its way into the graph: special forms, conversion to the current operator set, folding. */
import { ModelError, RetortError } from "../errors.ts";
import type { AttributeValue } from "../graph/graph.ts";
import { type Tensor, tensor } from "../graph/tensor.ts";
import { castCodes } from "../ops/functions.ts";
import { type Context, type Item, item, value } from "./context.ts";
import { subgraph, takenBranch, unrolledLoop } from "./control.ts";
import { addFolded } from "./fold.ts";
import { widened, widenedDType } from "./halves.ts";
import { callResults, functionKey } from "./model-function.ts";
import { attributeValue, nodeText } from "./node.ts";
import { attributeType, type NodeProto } from "./proto.ts";
import { sequenceOps } from "./sequence.ts";
import { dtypeOf } from "./tensor-proto.ts";
import { type OldNode, upgrades } from "./upgrade.ts";
import { untied } from "./weights.ts";

export function addNode(proto: NodeProto, context: Context): void {
  const where = nodeText(proto);
  try {
    const outputs = results(proto, context, where);
    proto.output.forEach((name, i) => {
      if (name !== "" && outputs[i]) context.items.set(name, outputs[i]);
    });
  } catch (cause) {
    if (cause instanceof RetortError) throw cause;
    // Inference met something that no valid model holds.
    throw new ModelError({ code: "BAD_NODE", message: "a node that makes no sense", got: String(cause), where, cause });
  }
}

function results(proto: NodeProto, context: Context, where: string): Item[] {
  const { graph, items, opset, producer, halves } = context;
  const { opType: type, output } = proto;
  const known = type === "If" ? takenBranch(proto, context) : type === "Loop" ? unrolledLoop(proto, context) : null;
  if (known) return known;
  const definition = context.functions.get(functionKey(proto));
  if (definition) return callResults(proto, { definition, context, addNode });
  if (Object.hasOwn(sequenceOps, type)) return [sequenceOps[type]!(proto, context)];
  if (type === "Constant") {
    const contents = constantTensor(proto, context);
    return [graph.constant(contents, contents.dtype, output[0])];
  }
  if (type === "Identity") {
    const source = item(items, proto.input[0] ?? "", where);
    return [untied(source, output[0] ?? "", context)];
  }
  const node: OldNode = {
    graph,
    opset,
    producer,
    name: proto.name || output[0] || type,
    op: type,
    inputs: proto.input.map((name) => (name === "" ? null : value(items, name, where))),
    attributes: attributes(proto, context, where),
    numOutputs: output.findLastIndex((name) => name !== "") + 1,
  };
  const replaced = Object.hasOwn(upgrades, type) ? upgrades[type]!(node) : undefined;
  if (replaced) return replaced;
  while (node.inputs.at(-1) === null) node.inputs.pop();
  if (type === "Cast") node.attributes.to = castCodes[widenedDType(dtypeOf(Number(node.attributes.to), where), halves)];
  checkAttributes(node, proto.attribute, where);
  const options = { name: node.name, numOutputs: node.numOutputs, outputNames: output.slice(0, node.numOutputs) };
  return addFolded(graph, node.op, node.inputs, { attributes: node.attributes, options });
}

function attributes(proto: NodeProto, context: Context, where: string): Record<string, AttributeValue> {
  return Object.fromEntries(
    proto.attribute.map((attribute) => {
      const held = attributeValue(attribute, where);
      if (typeof held === "object" && "data" in held) return [attribute.name, widened(held, context.halves)];
      return [attribute.name, held ?? subgraph(attribute.g!, context)];
    }),
  );
}

/** The contents of a Constant node, which has one attribute of several. */
function constantTensor(proto: NodeProto, { halves }: Context): Tensor {
  const where = nodeText(proto);
  for (const attribute of proto.attribute) {
    const held = attributeValue(attribute, where);
    const dtype = attribute.name.startsWith("value_float") ? "float32" : "int64";
    if (typeof held === "number") return tensor(dtype, [], [held]);
    if (Array.isArray(held) && attribute.name !== "value_strings")
      return tensor(dtype, [held.length], held as number[]);
    if (typeof held === "object" && "data" in held) return widened(held, halves);
  }
  throw new ModelError({ code: "BAD_NODE", message: "a constant without numeric contents", where });
}

/** @throws ModelError when an attribute is of another type than its operator takes */
function checkAttributes({ graph, op, attributes }: OldNode, given: NodeProto["attribute"], where: string): void {
  const schema = graph.definition(op).attributes;
  for (const { name, type } of given) {
    const expected = schema[name]?.type;
    if (!Object.hasOwn(attributes, name) || expected === undefined || attributeType[expected] === type) continue;
    const got = `attribute type ${type}`;
    throw new ModelError({
      code: "BAD_ATTRIBUTE",
      message: `attribute "${name}" of another type`,
      expected,
      got,
      where,
    });
  }
}
