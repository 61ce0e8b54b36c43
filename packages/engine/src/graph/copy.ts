import type { Graph, Value } from "./graph.ts";
import type { Tensor } from "./tensor.ts";
import { isGraph } from "./traverse.ts";

/**
 * Adds everything of one graph to another; `values` receives what each value has become. Inputs and weights that stand in it
 * already are taken as they are. All new names get the prefix. A part of the other graph declares no outputs there.
 */
export function copyInto(
  from: Graph,
  to: Graph,
  values: Map<Value, Value>,
  { prefix = "", isPart = false }: { prefix?: string; isPart?: boolean } = {},
): void {
  const mapped = (value: Value): Value => values.get(value) ?? value;
  for (const value of from.inputs) {
    if (!values.has(value)) values.set(value, to.input(prefix + value.name, value));
  }
  for (const value of from.parameters.values()) {
    if (!values.has(value))
      values.set(value, to.parameter(value.name, value.tensor as Tensor, { trainable: value.trainable }));
  }
  for (const value of from.constants)
    values.set(value, to.constant(value.tensor as Tensor, value.dtype, prefix + value.name));
  for (const node of from.nodes) {
    const attributes = Object.fromEntries(
      Object.entries(node.attributes).map(([key, value]) => {
        if (!isGraph(value)) return [key, value];
        const body = to.subgraph(prefix + value.name);
        copyInto(value, body, values, { prefix });
        return [key, body];
      }),
    );
    const outputs = to.add(
      node.op,
      node.inputs.map((value) => value && mapped(value)),
      attributes,
      {
        name: prefix + node.name,
        numOutputs: node.outputs.length,
        outputNames: node.outputs.map((value) => prefix + value.name),
      },
    );
    node.outputs.forEach((value, i) => {
      values.set(value, outputs[i] as Value);
    });
    const made = outputs[0]?.producer;
    if (made) {
      made.scope = node.scope;
      const custom = node.customGradient;
      made.customGradient = custom && { ...custom, inputs: custom.inputs.map(mapped), saved: custom.saved.map(mapped) };
    }
  }
  if (isPart) return;
  for (const [name, value] of from.outputs) to.output(name, mapped(value));
}
