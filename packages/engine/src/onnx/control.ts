/** If and Loop whose conditions are known on import: the branch that is taken, the iterations one after another. */
import { ModelError } from "../errors.ts";
import type { Graph, Value } from "../graph/graph.ts";
import { op } from "../ops/functions.ts";
import { type Context, type Item, isSequence, item, knownNumber, value } from "./context.ts";
import { nodeText } from "./node.ts";
import type { GraphProto, NodeProto } from "./proto.ts";

/** Longer loops are no structure of a model that trains in reasonable time; also guards against absurd counts. */
const maxIterations = 1024;

/** The results of the branch that a constant condition takes; null when the condition is not constant. */
export function takenBranch(proto: NodeProto, context: Context): Item[] | null {
  const where = nodeText(proto);
  const condition = value(context.items, proto.input[0] ?? "", where);
  if (condition.kind !== "constant") return null;
  const branch = body(proto, knownNumber(condition, where) !== 0 ? "then_branch" : "else_branch");
  return results(branch, inner(branch, context));
}

/** The results of a Loop with a known number of iterations, unrolled. */
export function unrolledLoop(proto: NodeProto, context: Context): Item[] {
  const where = nodeText(proto);
  const source = body(proto, "body");
  const [maxName = "", conditionName = "", ...carriedNames] = proto.input;
  const { items, graph } = context;
  const limit = maxName === "" ? maxIterations : knownNumber(value(items, maxName, where), where);
  let going = conditionName === "" || knownNumber(value(items, conditionName, where), where) !== 0;
  let carried = carriedNames.map((name) => item(items, name, where));
  const scanned: Item[][] = [];
  const [indexName = "", goingName = "", ...names] = source.input.map(({ name }) => name);
  for (let i = 0; i < limit && going; i++) {
    if (i === maxIterations) throw tooLong(limit, where);
    const iteration = new Map(items)
      .set(indexName, graph.constant(i, "int64"))
      .set(goingName, graph.constant(1, "bool"));
    names.forEach((name, k) => {
      if (carried[k]) iteration.set(name, carried[k]);
    });
    const [goOn, ...rest] = results(source, inner(source, { ...context, items: iteration }));
    going = knownNumber(goOn && !isSequence(goOn) ? goOn : null, where) !== 0;
    carried = rest.slice(0, carriedNames.length);
    rest.slice(carriedNames.length).forEach((result, k) => {
      scanned[k] = [...(scanned[k] ?? []), result];
    });
  }
  const stacked = scanned.map((parts) =>
    op.stack(
      parts.map((part) => oneTensor(part, where)),
      0,
    ),
  );
  return [...carried, ...stacked];
}

/** A branch of an If whose condition is not known: it stays a graph inside the graph. */
export function subgraph(source: GraphProto, context: Context): Graph {
  const graph = context.graph.subgraph(source.name || "branch");
  if (source.input.length > 0)
    throw new ModelError({
      code: "UNKNOWN_STRUCTURE",
      message: "a body with inputs whose loop is not known",
      where: source.name,
    });
  results(source, inner(source, { ...context, graph })).forEach((result, i) => {
    const { name } = source.output[i]!;
    graph.output(name, oneTensor(result, `output "${name}"`));
  });
  return graph;
}

function body(proto: NodeProto, attribute: string): GraphProto {
  const found = proto.attribute.find(({ name }) => name === attribute)?.g;
  if (found) return found;
  throw new ModelError({ code: "BAD_NODE", message: `no ${attribute}`, where: nodeText(proto) });
}

function inner(source: GraphProto, context: Context): Context {
  const made = { ...context, items: new Map(context.items) };
  made.fill(source, made);
  return made;
}

function results(source: GraphProto, { items }: Context): Item[] {
  return source.output.map(({ name }) => item(items, name, `output "${name}" of "${source.name}"`));
}

function tooLong(limit: number, where: string): ModelError {
  const [expected, got] = [`at most ${maxIterations} iterations`, `${limit}`];
  return new ModelError({ code: "UNKNOWN_STRUCTURE", message: "a loop too long to be laid out", expected, got, where });
}

function oneTensor(result: Item, where: string): Value {
  if (!isSequence(result)) return result;
  throw new ModelError({
    code: "UNKNOWN_STRUCTURE",
    message: "a sequence that leaves a branch",
    where,
  });
}
