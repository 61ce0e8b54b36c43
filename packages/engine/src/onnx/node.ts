/** Nodes of a file, made readable: attributes typed, order checked. */
import { ModelError } from "../errors.ts";
import type { AttributeValue } from "../graph/graph.ts";
import { type AttributeProto, attributeType, int64ToNumber, type NodeProto } from "./proto.ts";
import { tensorFromProto } from "./tensor-proto.ts";

const text = new TextDecoder();

/**
 * An attribute's value by its declared type; graphs are left to the caller (undefined).
 * @throws ModelError BAD_ATTRIBUTE for types that no operator of the table takes
 */
export function attributeValue(attribute: AttributeProto, where: string): AttributeValue | undefined {
  switch (attribute.type) {
    case attributeType.float:
      return attribute.f ?? 0;
    case attributeType.int:
      return int64ToNumber(attribute.i ?? 0);
    case attributeType.string:
      return text.decode(attribute.s ?? new Uint8Array());
    case attributeType.tensor:
      if (attribute.t) return tensorFromProto(attribute.t, `${where}, attribute "${attribute.name}"`);
      break;
    case attributeType.floats:
      return [...(attribute.floats ?? [])];
    case attributeType.ints:
      return (attribute.ints ?? []).map(int64ToNumber);
    case attributeType.strings:
      return (attribute.strings ?? []).map((value) => text.decode(value));
    case attributeType.graph:
      if (attribute.g) return undefined;
      break;
  }
  throw new ModelError({
    code: "BAD_ATTRIBUTE",
    message: `attribute "${attribute.name}" cannot be read`,
    expected: `a value of type ${Object.keys(attributeType).slice(0, 8).join(", ")}`,
    got: `attribute type ${attribute.type}`,
    where,
  });
}

/** How a node is called in messages. */
export function nodeText({ name, opType, output }: NodeProto): string {
  return `node "${name || output[0] || "?"}" (${opType})`;
}

/**
 * The nodes in an order in which every one finds its inputs; most files are in order already.
 * @throws ModelError CYCLE when there is none, naming the nodes in the way
 */
export function sortedNodes(nodes: readonly NodeProto[]): NodeProto[] {
  const producers = new Map<string, NodeProto>();
  for (const node of nodes) for (const output of node.output) if (output !== "") producers.set(output, node);
  const sorted: NodeProto[] = [];
  const state = new Map<NodeProto, "open" | "done">();
  for (const start of nodes) {
    const path: { node: NodeProto; pending: NodeProto[] }[] = [];
    const enter = (node: NodeProto) => {
      state.set(node, "open");
      path.push({ node, pending: dependencies(node, producers) });
    };
    if (!state.has(start)) enter(start);
    while (path.length > 0) {
      const { node, pending } = path.at(-1)!;
      const next = pending.pop();
      if (next === undefined) {
        path.pop();
        state.set(node, "done");
        sorted.push(node);
      } else if (!state.has(next)) enter(next);
      else if (state.get(next) === "open")
        throw cycle(
          path.map((step) => step.node),
          next,
        );
    }
  }
  return sorted;
}

/** Producers of a node's inputs, those inside its subgraphs included; reversed, so that popping keeps the file's order. */
function dependencies(node: NodeProto, producers: ReadonlyMap<string, NodeProto>): NodeProto[] {
  const names = [...node.input];
  const pending = node.attribute.flatMap(({ g }) => (g ? [g] : []));
  for (let graph = pending.pop(); graph; graph = pending.pop()) {
    names.push(...graph.output.map(({ name }) => name));
    for (const inner of graph.node) {
      names.push(...inner.input);
      for (const { g } of inner.attribute) if (g) pending.push(g);
    }
  }
  return names.flatMap((name) => producers.get(name) ?? []).reverse();
}

function cycle(path: readonly NodeProto[], again: NodeProto): ModelError {
  const loop = path.slice(path.indexOf(again)).map(nodeText);
  return new ModelError({
    code: "CYCLE",
    message: "a graph that feeds back into itself",
    expected: "an acyclic graph",
    got: [...loop.slice(0, 6), ...(loop.length > 6 ? ["..."] : []), nodeText(again)].join(" <- "),
  });
}
