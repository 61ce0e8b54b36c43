import { ModelError } from "../errors.ts";
import { Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { opset as tableOpset } from "../ops/definition.ts";
import { ops } from "../ops/index.ts";
import { type Context, value } from "./context.ts";
import { type Halves, widenedType } from "./halves.ts";
import { addNode } from "./import-node.ts";
import { boundInput, type DeclaredInput, declaredInputs } from "./inputs.ts";
import { functionKey, importedOpset } from "./model-function.ts";
import { sortedNodes } from "./node.ts";
import { decodeModel, type GraphProto, type OperatorSetId } from "./proto.ts";
import type { ExternalFile } from "./tensor-proto.ts";
import { addWeights, statistics, trainedBy } from "./weights.ts";

export interface ImportOptions {
  /**
   * Sizes of dynamic dimensions by their name in the model ("batch"), or "<input>.<axis>" for one without a name; a function decides
   * them when it has seen the inputs.
   */
  dims?: Readonly<Record<string, number>> | ((inputs: readonly DeclaredInput[]) => Readonly<Record<string, number>>);
  /** Inputs that become constants with these contents, e.g. a target shape that a model takes as an input. */
  fixed?: Readonly<Record<string, Tensor>>;
  /** Reads files that hold weights outside the model. */
  external?: ExternalFile;
  /**
   * Which weights training changes, by name. A weight that the exporter stored under a name of its own
   * ("onnx::MatMul_12") is called after the module that uses it ("blocks.0.fc1.weight"); the pattern may match either.
   * Default: every float weight, running statistics excepted.
   */
  trainable?: RegExp | ((name: string) => boolean);
  /**
   * Exporters store equal weights once: which of the copies, by name, are weights of their own? Default: copies of one
   * repeated number, and those whose names differ in numbers only (cloned layers); other copies are tied weights.
   */
  separate?: (name: string) => boolean;
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
  const fixed = statistics(source);
  const context: Context = {
    graph,
    items: new Map(),
    opset: opsetOf(model.opsetImport),
    functions: new Map((model.functions ?? []).map((definition) => [functionKey(definition), definition])),
    depth: 0,
    calls: { count: 0 },
    producer: model.producerName ?? "",
    halves: options.halves ?? "float32",
    external: options.external,
    isTrained: trainedBy(fixed, options.trainable),
    isSeparate: (name) => fixed.has(name) || options.separate?.(name),
    fill,
  };
  const inputs = declaredInputs(source);
  const dims = typeof options.dims === "function" ? options.dims(inputs) : (options.dims ?? {});
  for (const declared of inputs) {
    const type = widenedType(boundInput(declared, dims), context.halves);
    const fixed = options.fixed?.[declared.name];
    const made = fixed ? graph.constant(fixed, fixed.dtype, declared.name) : graph.input(declared.name, type);
    context.items.set(declared.name, made);
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

function opsetOf(imports: readonly OperatorSetId[]): number {
  const version = importedOpset(imports) ?? tableOpset;
  if (version >= oldestOpset && version <= tableOpset) return version;
  throw new ModelError({
    code: "UNSUPPORTED_OPSET",
    message: "a model of another operator set",
    expected: `opset ${oldestOpset} to ${tableOpset}`,
    got: `${version}`,
    fix: "Export it again with an opset in that range, e.g. torch.onnx.export(..., opset_version=17).",
  });
}
