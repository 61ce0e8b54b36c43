import { type Node, reads, type Value } from "../graph/graph.ts";
import { op } from "../ops/functions.ts";

/**
 * Recomputation of chosen segments: the backward pass does not keep what they computed but computes it again, from the
 * values at their border. Trades one more forward pass of the segment for the memory of everything inside it.
 */
export class Recompute {
  readonly #pattern: RegExp;
  readonly #members = new Map<string, Node[]>();
  readonly #twins = new Map<string, ReadonlyMap<Node, Node>>();

  /** `pattern` is matched against node scopes; the matched text names the segment: /blocks\.\d+/. */
  constructor(pattern: RegExp, nodes: Iterable<Node>) {
    this.#pattern = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ""));
    for (const node of nodes) {
      const segment = this.#segmentOf(node);
      if (segment === undefined) continue;
      const members = this.#members.get(segment) ?? [];
      members.push(node);
      this.#members.set(segment, members);
    }
  }

  /** The node whose values a gradient rule should read: a fresh copy for nodes of a segment. `dy` has just been computed. */
  twinOf(node: Node, dy: Value): Node {
    const segment = this.#segmentOf(node);
    if (segment === undefined) return node;
    const twins = this.#twins.get(segment) ?? copySegment(this.#members.get(segment) ?? [], dy);
    this.#twins.set(segment, twins);
    return twins.get(node) ?? node;
  }

  #segmentOf(node: Node): string | undefined {
    return this.#pattern.exec(node.scope)?.[0];
  }
}

function copySegment(members: readonly Node[], dy: Value): Map<Node, Node> {
  const inside = new Set(members);
  const values = new Map<Value, Value>();
  const nodes = new Map<Node, Node>();
  const mapped = (value: Value): Value => {
    const known = values.get(value);
    if (known) return known;
    const border = value.kind === "input" || (value.producer !== null && !inside.has(value.producer));
    const fresh = border ? after(value, dy) : value;
    values.set(value, fresh);
    return fresh;
  };
  for (const node of members) {
    // What a subgraph captures cannot be exchanged: such a node stays as it is.
    if (reads(node).length > node.inputs.filter((input) => input !== null).length) continue;
    const outputs = node.graph.add(
      node.op,
      node.inputs.map((input) => input && mapped(input)),
      node.attributes,
      { numOutputs: node.outputs.length },
    );
    node.outputs.forEach((output, i) => {
      values.set(output, outputs[i] as Value);
    });
    const twin = outputs[0]?.producer as Node;
    const custom = node.customGradient;
    twin.customGradient = custom && { ...custom, inputs: custom.inputs.map(mapped), saved: custom.saved.map(mapped) };
    nodes.set(node, twin);
  }
  return nodes;
}

/**
 * `value` unchanged, but available only once `dy` is: no elements of dy are appended to it. Without this tie the runtime
 * would compute the copies early, or recognise them as the originals, and nothing would be saved.
 */
function after(value: Value, dy: Value): Value {
  const nothing = op.slice(op.reshape(dy, [-1]), { starts: [0], ends: [0] });
  const tied = op.concat([op.reshape(value, [-1]), op.cast(nothing, value.dtype)], 0);
  return op.reshape(tied, value.shape);
}
