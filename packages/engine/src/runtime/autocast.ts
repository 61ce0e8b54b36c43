/** Mixed precision: the same graph with its products in float16, where a GPU has fast units for them. */
import { type CustomGradient, Graph, type Node, type Value } from "../graph/graph.ts";
import { type DType, numbers, tensor } from "../graph/tensor.ts";
import { op } from "../ops/functions.ts";

/** Operators that gain from float16: products, whose hardware accumulates in float32. */
const products = new Set(["MatMul", "Gemm", "Conv", "ConvTranspose", "Einsum"]);

/** Operators that keep the precision they are given, since they move, select or combine numbers of one size. */
const followers = new Set([
  "Add", "Sub", "Mul", "Neg", "Sum", "Max", "Min", "Relu", "LeakyRelu", "Gelu", "Tanh", "Sigmoid", "HardSwish", "HardSigmoid", "Reshape", "Flatten",
  "Transpose", "Squeeze", "Unsqueeze", "Expand", "Tile", "Slice", "Split", "Concat", "Gather", "Where", "Identity", "Pad", "Trilu", "MaxPool",
  "DepthToSpace", "SpaceToDepth", "Dropout",
]); // biome-ignore format: a table

const maxHalf = 65504;

/**
 * A copy of a float32 graph in which products read and write float16, what only moves numbers follows, and everything else
 * (sums, norms, exponentials, losses) stays float32. Parameters stay float32 and are cast where they are used: they are
 * the master weights. `values` maps old values to new ones, whose dtype may differ.
 */
export function autocast(graph: Graph): { graph: Graph; values: ReadonlyMap<Value, Value> } {
  const copy = new Graph(graph.name, graph.ops);
  const values = new Map<Value, Value>();
  const casts = new Map<Value, Value>();
  for (const input of graph.inputs) values.set(input, copy.input(input.name, input));
  for (const value of graph.parameters.values())
    values.set(value, copy.parameter(value.name, value.tensor!, { trainable: value.trainable }));
  for (const value of graph.constants) values.set(value, copy.constant(value.tensor!, value.dtype, value.name));

  /** The new value in a float precision; each cast is made once. Values of other dtypes stay as they are. */
  const as = (value: Value, dtype: DType): Value => {
    const now = values.get(value) ?? value;
    if (now.dtype === dtype || (now.dtype !== "float32" && now.dtype !== "float16") || value.dtype !== "float32")
      return now;
    if (now.kind === "constant") return copy.constant(tensor(dtype, now.shape, numbers(now.tensor!)));
    const made = casts.get(now) ?? op.cast(now, dtype);
    casts.set(now, made);
    return made;
  };

  for (const node of graph.nodes) {
    const dtype = precisionOf(node, values);
    const inputs = node.inputs.map((value) => value && as(value, dtype));
    const names = {
      name: node.name,
      numOutputs: node.outputs.length,
      outputNames: node.outputs.map(({ name }) => name),
    };
    const outputs = copy.within(node.scope, () => copy.add(node.op, inputs, node.attributes, names));
    node.outputs.forEach((value, i) => {
      values.set(value, outputs[i]!);
    });
    const custom = node.customGradient;
    if (custom) outputs[0]!.producer!.customGradient = inFloat32(custom, outputs[0]!, (value) => as(value, "float32"));
  }
  for (const [name, value] of graph.outputs) copy.output(name, as(value, "float32"));
  return { graph: copy, values };
}

/** What a node's float inputs become. */
function precisionOf(node: Node, values: ReadonlyMap<Value, Value>): DType {
  if (products.has(node.op)) return "float16";
  if (!followers.has(node.op)) return "float32";
  const floats = node.inputs.filter((value) => value !== null).filter(({ dtype }) => dtype === "float32");
  const computed = floats.filter(({ kind }) => kind !== "constant").map((value) => values.get(value)!);
  const fits = floats.every(
    ({ tensor: held, kind }) => kind !== "constant" || numbers(held!).every((x) => Math.abs(x) <= maxHalf),
  );
  return fits && computed.length > 0 && computed.every(({ dtype }) => dtype === "float16") ? "float16" : "float32";
}

/** A closed-form gradient was written for float32: it reads float32 values and its results flow back through their casts. */
function inFloat32(custom: CustomGradient, output: Value, as32: (value: Value) => Value): CustomGradient {
  const { rule } = custom;
  const inputs = custom.inputs.map(as32);
  const saved = custom.saved.map(as32);
  return output.dtype === "float32"
    ? { inputs, saved, rule }
    : { inputs, saved, rule: (at) => rule({ ...at, dy: op.cast(at.dy, "float32") }) };
}
