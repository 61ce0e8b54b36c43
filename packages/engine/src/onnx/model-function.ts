/** Operators that a model defines itself by nodes: exporters write a module or a library function so. A call is laid out. */
import { ModelError } from "../errors.ts";
import { type Context, type Item, item } from "./context.ts";
import { nodeText, sortedNodes } from "./node.ts";
import { type AttributeProto, type FunctionProto, int64ToNumber, type NodeProto, type OperatorSetId } from "./proto.ts";

/** What a node calls, or a function is called by: "domain:name:overload". */
export function functionKey(
  of: { domain?: string; overload?: string } & ({ opType: string } | { name: string }),
): string {
  return `${of.domain ?? ""}:${"opType" in of ? of.opType : of.name}:${of.overload ?? ""}`;
}

/** Version of ONNX's own operators among the imports; undefined when they are not imported. */
export function importedOpset(imports: readonly OperatorSetId[]): number | undefined {
  const entry = imports.find(({ domain }) => !domain || domain === "ai.onnx");
  return entry && int64ToNumber(entry.version);
}

/** Functions may call functions; deeper than this they call themselves. */
const maxDepth = 64;
/** A few functions that each call the next one twice would be more nodes than there is memory. */
const maxCalls = 10_000;

interface CallOptions {
  definition: FunctionProto;
  context: Context;
  addNode: (proto: NodeProto, context: Context) => void;
}

/** Adds the nodes of the function with the call's inputs and attributes; returns what its outputs have become. */
export function callResults(call: NodeProto, { definition, context, addNode }: CallOptions): Item[] {
  const where = nodeText(call);
  context.calls.count++;
  if (context.depth >= maxDepth || context.calls.count > maxCalls)
    throw new ModelError({
      code: "CYCLE",
      message: "functions of the model that call each other without end",
      expected: `at most ${maxCalls} calls, ${maxDepth} deep`,
      got: definition.name,
      where,
    });
  const items = new Map<string, Item>();
  definition.input.forEach((name, i) => {
    const given = call.input[i];
    if (given) items.set(name, item(context.items, given, where));
  });
  const inner: Context = {
    ...context,
    items,
    depth: context.depth + 1,
    opset: importedOpset(definition.opsetImport) ?? context.opset,
  };
  const attributes = attributesOf(call, definition);
  for (const node of sortedNodes(definition.node)) {
    // An input that the call left out is left out inside as well.
    const input = node.input.map((name) => (definition.input.includes(name) && !items.has(name) ? "" : name));
    addNode(
      { ...node, input, name: `${call.name ?? ""}/${node.name ?? ""}`, attribute: bound(node, attributes) },
      inner,
    );
  }
  return definition.output.map((name) => item(items, name, where));
}

/** The call's attributes over the function's defaults. */
function attributesOf(call: NodeProto, definition: FunctionProto): ReadonlyMap<string, AttributeProto> {
  return new Map([...(definition.attributeProto ?? []), ...call.attribute].map((held) => [held.name, held]));
}

/** A node's attributes, those that refer to the call's replaced by their values or, where it has none, left out. */
function bound({ attribute }: NodeProto, attributes: ReadonlyMap<string, AttributeProto>): AttributeProto[] {
  return attribute.flatMap((held) => {
    if (!held.refAttrName) return [held];
    const given = attributes.get(held.refAttrName);
    return given ? [{ ...given, name: held.name }] : [];
  });
}
