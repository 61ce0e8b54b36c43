import type { Graph, Value } from "@retort/engine";

/** What goes from one round to the next. */
export interface Carried {
  /** Value before the first round, in the graph around the loop. */
  initial: Value;
  /** Value at the start of a round. */
  held: Value;
}

export interface Round {
  /** One at least; each with its value at the end of the round. */
  carried: readonly (Carried & { next: Value })[];
  /** Kept of every round, stacked along a new first axis. */
  scanned: readonly Value[];
  /** bool scalar: is there to be another round? Without it the rounds are as many as were asked for. */
  goOn?: Value;
}

export interface RoundStart {
  /** int64 scalar: 0, 1, ... */
  index: Value;
  carry(initial: Value): Carried;
}

/** A Loop over at most `numRounds` rounds that `build` describes once. @returns the carried values at the end, then the scanned ones */
export function roundLoop(graph: Graph, numRounds: number, build: (start: RoundStart) => Round): Value[] {
  const body = graph.subgraph(graph.uniqueName("round"));
  const input = (name: string, type: Pick<Value, "dtype" | "shape">) =>
    body.input(body.uniqueName(`${body.name}/${name}`), { dtype: type.dtype, shape: type.shape });
  const index = input("index", { dtype: "int64", shape: [] });
  const wentOn = input("goOn", { dtype: "bool", shape: [] });
  const carry = (initial: Value): Carried => ({ initial, held: input("held", initial) });
  const { carried, scanned, goOn = wentOn } = build({ index, carry });
  body.output("goOn", goOn);
  carried.forEach(({ next }, i) => {
    body.output(`next${i}`, next);
  });
  scanned.forEach((value, i) => {
    body.output(`scanned${i}`, value);
  });
  const inputs = [graph.constant(numRounds, "int64"), null, ...carried.map(({ initial }) => initial)];
  return graph.add("Loop", inputs, { body }, { numOutputs: carried.length + scanned.length });
}
