import type { AttributeValue, Graph, Node, Value } from "./graph.ts";

/** All nodes that the values depend on, whichever graph they are in. */
export function neededNodes(values: readonly Value[]): Set<Node> {
  const needed = new Set<Node>();
  const pending = values.map((value) => value.producer);
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (node === null || needed.has(node)) continue;
    needed.add(node);
    for (const value of reads(node)) pending.push(value.producer);
  }
  return needed;
}

/** The values a node reads, with those that its subgraphs capture. */
export function reads(node: Node): Value[] {
  const found: Value[] = [];
  for (const value of node.inputs) if (value !== null) found.push(value);
  for (const key in node.attributes) {
    const attribute = node.attributes[key];
    if (typeof attribute === "object" && isGraph(attribute)) {
      for (const inner of attribute.nodes) found.push(...reads(inner).filter((value) => value.graph !== attribute));
      for (const value of attribute.outputs.values()) if (value.graph !== attribute) found.push(value);
    }
  }
  return found;
}

/** Is the attribute a body of If or Loop? */
export function isGraph(attribute: AttributeValue): attribute is Graph {
  return typeof attribute === "object" && "nodes" in attribute;
}
