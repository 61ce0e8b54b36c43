import { ModelError } from "../errors.ts";
import { copyInto } from "./copy.ts";
import { type Graph, sameType, type Value } from "./graph.ts";
import type { Tensor } from "./tensor.ts";

export interface InlineOptions {
  /** What stands for each input of the part, by its name; values of the graph that the part becomes part of. */
  inputs: Readonly<Record<string, Value>>;
  /** Gives the value that stands for a weight of the part: a parameter of the graph around. */
  parameter: (name: string, contents: Tensor) => Value;
}

/**
 * Lays a graph into another, as a function call would: its inputs become values of the other graph, its weights what
 * `parameter` gives, and its outputs are returned by name.
 * @throws ModelError INLINE_INPUT when an input is missing or of another type
 */
export function inline(part: Graph, into: Graph, { inputs, parameter }: InlineOptions): Record<string, Value> {
  const values = new Map<Value, Value>();
  for (const input of part.inputs) {
    const given = Object.hasOwn(inputs, input.name) ? inputs[input.name] : undefined;
    if (given === undefined || !sameType(given, input)) {
      throw new ModelError({
        code: "INLINE_INPUT",
        message: `input "${input.name}" of the graph "${part.name}" is not given as it is declared`,
        expected: `${input.dtype}[${input.shape}]`,
        got: given === undefined ? `inputs ${Object.keys(inputs).join(", ")}` : `${given.dtype}[${given.shape}]`,
        where: `graph "${into.name}"`,
      });
    }
    values.set(input, given);
  }
  for (const weight of part.parameters.values()) values.set(weight, parameter(weight.name, weight.tensor as Tensor));
  copyInto(part, into, values, { prefix: into.uniqueName(`${part.name}/`), isPart: true });
  return Object.fromEntries([...part.outputs].map(([name, value]) => [name, values.get(value) ?? value]));
}
