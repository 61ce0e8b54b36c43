import { ModelError, ShapeError } from "../errors.ts";
import { Graph } from "../graph/graph.ts";
import type { TensorType } from "../graph/tensor.ts";
import { opset as tableOpset } from "../ops/definition.ts";
import { ops } from "../ops/index.ts";
import { type Context, value } from "./context.ts";
import { type Halves, widenedType } from "./halves.ts";
import { addNode } from "./import-node.ts";
import { sortedNodes } from "./node.ts";
import { decodeModel, type GraphProto, int64ToNumber, type ModelProto, type ValueInfoProto } from "./proto.ts";
import { dtypeOf, type ExternalFile } from "./tensor-proto.ts";
import { addWeights, trainedBy } from "./weights.ts";

export interface ImportOptions {
  /** Sizes of dynamic dimensions by their name in the model ("batch"), or "<input>.<axis>" for one without a name. */
  dims?: Readonly<Record<string, number>>;
  /** Reads files that hold weights outside the model. */
  external?: ExternalFile;
  /**
   * Which weights training changes, by name. A weight that the exporter stored under a name of its own
   * ("onnx::MatMul_12") is called after the module that uses it ("blocks.0.fc1.weight"); the pattern may match either.
   * Default: every float weight, running statistics excepted.
   */
  trainable?: RegExp | ((name: string) => boolean);
  /** What becomes of 16-bit floats: "float32" (default) reads weights and arithmetic as float32, "keep" leaves them. */
  halves?: Halves;
}

/** The oldest opset that is converted; the newest is the operator table's. */
const oldestOpset = 11;

/**
 * Reads an ONNX model into a graph with all shapes known: dynamic dimensions are bound, shape arithmetic is folded, older
 * operator versions are rewritten, control flow that does not depend on data is laid out.
 * @throws ModelError NOT_ONNX, UNSUPPORTED_OPSET, CYCLE, UNKNOWN_OP, UNKNOWN_VALUE, EXTERNAL_DATA, BAD_TENSOR, BAD_NODE ...
 * @throws ShapeError UNBOUND_DIMENSION, or the node whose shapes clash
 */
export function importOnnx(bytes: Uint8Array, options: ImportOptions = {}): Graph {
  const model = decodeModel(bytes);
  const source = model.graph!;
  const graph = new Graph(source.name || "model", ops);
  const context: Context = {
    graph,
    items: new Map(),
    opset: opsetOf(model),
    producer: model.producerName ?? "",
    halves: options.halves ?? "float32",
    external: options.external,
    dims: options.dims ?? {},
    isTrained: trainedBy(source, options.trainable),
    fill,
  };
  const weights = new Set(source.initializer.map(({ name }) => name));
  for (const input of source.input) {
    // Before IR version 4 the weights were listed among the inputs.
    if (!weights.has(input.name)) context.items.set(input.name, graph.input(input.name, boundType(input, context)));
  }
  fill(source, context);
  for (const { name } of source.output) graph.output(name, value(context.items, name, `output "${name}"`));
  graph.prune();
  return graph;
}

function fill(source: GraphProto, context: Context): void {
  addWeights(source, context);
  for (const node of sortedNodes(source.node)) addNode(node, context);
}

function opsetOf({ opsetImport }: ModelProto): number {
  const entry = opsetImport.find(({ domain }) => !domain || domain === "ai.onnx");
  const version = entry ? int64ToNumber(entry.version) : tableOpset;
  if (version >= oldestOpset && version <= tableOpset) return version;
  throw new ModelError({
    code: "UNSUPPORTED_OPSET",
    message: "a model of another operator set",
    expected: `opset ${oldestOpset} to ${tableOpset}`,
    got: `${version}`,
    fix: "Export it again with an opset in that range, e.g. torch.onnx.export(..., opset_version=17).",
  });
}

/** An input's type with its dynamic dimensions bound. */
function boundType({ name, type }: ValueInfoProto, { dims, halves }: Context): TensorType {
  const where = `input "${name}"`;
  const tensorType = type?.tensorType;
  if (!tensorType?.shape)
    throw new ModelError({ code: "BAD_INPUT", message: "an input that is no tensor of known rank", where });
  const shape = tensorType.shape.dim.map((dim, axis) => {
    const fixed = Object.hasOwn(dim, "dimValue") ? int64ToNumber(dim.dimValue!) : -1;
    if (fixed >= 0 && Number.isSafeInteger(fixed)) return fixed;
    const key = dim.dimParam || `${name}.${axis}`;
    const size = Object.hasOwn(dims, key) ? dims[key] : undefined;
    if (size !== undefined && Number.isSafeInteger(size) && size >= 0) return size;
    throw new ShapeError({
      code: "UNBOUND_DIMENSION",
      message: `dimension ${axis} is dynamic`,
      expected: `a size for "${key}"`,
      got: size === undefined ? `sizes for ${Object.keys(dims).join(", ") || "nothing"}` : `${size}`,
      where,
      fix: `Pass dims: { ${JSON.stringify(key)}: <size> }.`,
    });
  });
  return widenedType({ dtype: dtypeOf(tensorType.elemType, where), shape }, halves);
}
