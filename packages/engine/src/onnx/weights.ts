/** Weights of a file: what they are called, which of them training changes, and what exporters do to them. */
import type { Value } from "../graph/graph.ts";
import { isFloat, type Tensor } from "../graph/tensor.ts";
import { op } from "../ops/functions.ts";
import { type Context, type Item, isSequence } from "./context.ts";
import { widened } from "./halves.ts";
import type { GraphProto, NodeProto } from "./proto.ts";
import { tensorFromProto } from "./tensor-proto.ts";

/** Inputs that hold statistics or settings, which no loss should move. */
const untrained: Readonly<Record<string, readonly number[]>> = { BatchNormalization: [3, 4], Resize: [1, 2] };

/** Names of a model's weights that are statistics or settings. */
export function statistics({ node }: GraphProto): ReadonlySet<string> {
  return new Set(node.flatMap(({ opType, input }) => (untrained[opType] ?? []).flatMap((i) => input[i] ?? [])));
}

/** The rule by which a model's weights are trained: the caller's choice, without statistics. */
export function trainedBy(
  fixed: ReadonlySet<string>,
  choice: RegExp | ((name: string) => boolean) | undefined,
): Context["isTrained"] {
  const wanted = (name: string) => (choice instanceof RegExp ? choice.test(name) : (choice?.(name) ?? true));
  return (original, name) => !fixed.has(original) && (wanted(name) || (name !== original && wanted(original)));
}

/** Float weights become parameters, all others constants. */
export function addWeights(source: GraphProto, { graph, items, isTrained, halves, external }: Context): void {
  const names = parameterNames(source);
  const matrices: Value[] = [];
  for (const proto of source.initializer) {
    const original = proto.name ?? "";
    const contents = widened(tensorFromProto(proto, `weight "${original}"`, external), halves);
    if (!isFloat(contents.dtype)) {
      items.set(original, graph.constant(contents, contents.dtype, original));
      continue;
    }
    const twin = invented.test(original) ? matrices.find(({ tensor }) => isTransposed(contents, tensor!)) : undefined;
    if (twin) {
      items.set(original, op.transpose(twin));
      continue;
    }
    const name = names.get(original) ?? original;
    const parameter = graph.parameter(graph.parent ? graph.uniqueName(name) : name, contents, {
      trainable: isTrained(original, name),
    });
    items.set(original, parameter);
    if (contents.shape.length === 2 && name === original) matrices.push(parameter);
  }
}

/**
 * Is one matrix the other, transposed? A weight that serves as embedding and as output layer is stored so, a second time
 * under an invented name, once the exporter has folded the transposition. Equal random numbers are no coincidence.
 */
function isTransposed({ shape, data }: Tensor, of: Tensor): boolean {
  const [rows, columns] = shape as [number, number];
  if (shape.length !== 2 || of.shape[0] !== columns || of.shape[1] !== rows || isRepeated(data)) return false;
  return data.every((element, i) => element === of.data[(i % columns) * rows + Math.floor(i / columns)]);
}

const isRepeated = (data: Tensor["data"]): boolean => data.every((element) => element === data[0]);

/**
 * Exporters store weights that happen to be equal once and give the others an Identity with their own name. Such a copy
 * is a weight of its own again if the caller says so; by default when all its numbers are one (biases of 0, gains of 1)
 * or when only a layer's number tells the names apart (layers that were cloned). Others are tied on purpose and stay one.
 */
export function untied(source: Item, name: string, { graph, isTrained, isSeparate }: Context): Item {
  if (isSequence(source) || source.kind !== "parameter" || invented.test(name) || graph.parent) return source;
  const held = source.tensor!;
  const alike = isRepeated(held.data) || numberless(source.name) === numberless(name);
  if (!(isSeparate(name) ?? alike)) return source;
  return graph.parameter(name, held, { trainable: isTrained(name, name) });
}

const numberless = (name: string): string => name.replace(/\d+/g, "#");

/** Names that exporters invent for a weight they transposed or folded: "onnx::MatMul_123", "/blocks.0/Transpose_output_0", "123". */
const invented = /^(onnx::|\/|\d+$)/;

/** Operators with weights in fixed places, by input position. */
const roles: Readonly<Record<string, readonly (string | null)[]>> = {
  MatMul: ["weight", "weight"],
  Gemm: [null, "weight", "bias"],
  Conv: [null, "weight", "bias"],
  ConvTranspose: [null, "weight", "bias"],
  Add: ["bias", "bias"],
  Mul: ["weight", "weight"],
  LayerNormalization: [null, "weight", "bias"],
  BatchNormalization: [null, "weight", "bias", "running_mean", "running_var"],
  InstanceNormalization: [null, "weight", "bias"],
  GroupNormalization: [null, "weight", "bias"],
  Gather: ["weight"],
};

/**
 * The names that a model's weights should go by: their own, or for an invented name the path of the module that uses the
 * weight, which exporters write into node names ("/blocks.0/fc1/MatMul" -> "blocks.0.fc1.weight").
 */
export function parameterNames({ initializer, node }: GraphProto): Map<string, string> {
  const names = new Map(initializer.map(({ name = "" }) => [name, name]));
  const taken = new Set(names.keys());
  for (const user of node) {
    user.input.forEach((input, position) => {
      if (!names.has(input) || names.get(input) !== input || !invented.test(input)) return;
      const name = moduleName(user, position);
      if (name === undefined || taken.has(name)) return;
      taken.add(name);
      names.set(input, name);
    });
  }
  return names;
}

function moduleName({ opType, name = "" }: NodeProto, position: number): string | undefined {
  const role = roles[opType]?.[position];
  const path = name
    .split("/")
    .filter((part) => part !== "")
    .slice(0, -1);
  return role && path.length > 0 ? [...path, role].join(".") : undefined;
}
