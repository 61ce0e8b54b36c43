import { ModelError } from "../errors.ts";
import type { Graph, Value } from "../graph/graph.ts";
import { constantOf } from "../graph/graph.ts";
import type { Halves } from "./halves.ts";
import type { FunctionProto, GraphProto } from "./proto.ts";
import type { ExternalFile } from "./tensor-proto.ts";

/** What a name of the file stands for: a tensor, or a list of them (an ONNX sequence, whose length is known on import). */
export type Item = Value | readonly Value[];

/** Where an import stands. Branches and loop bodies get a context with `items` of their own. */
export interface Context {
  readonly graph: Graph;
  readonly items: Map<string, Item>;
  readonly opset: number;
  readonly producer: string;
  readonly halves: Halves;
  /** Operators that the model defines itself, by `functionKey`. */
  readonly functions: ReadonlyMap<string, FunctionProto>;
  /** How many calls of such operators enclose this place. */
  readonly depth: number;
  /** Calls laid out so far in the whole model. */
  readonly calls: { count: number };
  readonly external: ExternalFile | undefined;
  /** Does training change the weight that the file calls so? `name` is what the graph calls it. */
  isTrained(original: string, name: string): boolean;
  /** Is a weight that the file stores as a copy of an equal one a weight of its own? undefined: decided by the names. */
  isSeparate(name: string): boolean | undefined;
  /** Adds a graph's weights and nodes. */
  fill(source: GraphProto, context: Context): void;
}

export function item(items: ReadonlyMap<string, Item>, name: string, where: string): Item {
  const found = items.get(name);
  if (found) return found;
  throw new ModelError({ code: "UNKNOWN_VALUE", message: "a tensor that nothing computes", got: `"${name}"`, where });
}

export function value(items: ReadonlyMap<string, Item>, name: string, where: string): Value {
  const found = item(items, name, where);
  if (!isSequence(found)) return found;
  throw new ModelError({ code: "BAD_NODE", message: "a sequence where a tensor is wanted", got: `"${name}"`, where });
}

export function isSequence(found: Item): found is readonly Value[] {
  return Array.isArray(found);
}

/** The number that a value is known to hold, in the positions where a graph's structure depends on it. */
export function knownNumber(of: Value | null, where: string): number {
  const held = of && constantOf(of);
  if (held?.data.length === 1) return Number(held.data[0]);
  throw new ModelError({
    code: "UNKNOWN_STRUCTURE",
    message: "control flow that depends on data",
    expected: "a trip count, condition or position that is constant once the dimensions are bound",
    got: of ? `"${of.name}"` : "nothing",
    where,
  });
}
