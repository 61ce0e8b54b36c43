/** Weights of a file: what they are called, which of them training changes, and what exporters do to them. */
import { isFloat } from "../graph/tensor.ts";
import { type Context, type Item, isSequence } from "./context.ts";
import { widened } from "./halves.ts";
import type { GraphProto, NodeProto } from "./proto.ts";
import { tensorFromProto } from "./tensor-proto.ts";

/** Inputs that hold statistics or settings, which no loss should move. */
const untrained: Readonly<Record<string, readonly number[]>> = { BatchNormalization: [3, 4], Resize: [1, 2] };

/** The rule by which a model's weights are trained: the caller's choice, without statistics. */
export function trainedBy(
  source: GraphProto,
  choice: RegExp | ((name: string) => boolean) | undefined,
): Context["isTrained"] {
  const fixed = new Set(source.node.flatMap(({ opType, input }) => (untrained[opType] ?? []).map((i) => input[i])));
  const wanted = (name: string) => (choice instanceof RegExp ? choice.test(name) : (choice?.(name) ?? true));
  return (original, name) => !fixed.has(original) && (wanted(name) || (name !== original && wanted(original)));
}

/** Float weights become parameters, all others constants. */
export function addWeights(source: GraphProto, { graph, items, isTrained, halves, external }: Context): void {
  const names = parameterNames(source);
  for (const proto of source.initializer) {
    const original = proto.name ?? "";
    const contents = widened(tensorFromProto(proto, `weight "${original}"`, external), halves);
    const name = names.get(original) ?? original;
    const parameter = isFloat(contents.dtype);
    items.set(
      original,
      parameter
        ? graph.parameter(graph.parent ? graph.uniqueName(name) : name, contents, {
            trainable: isTrained(original, name),
          })
        : graph.constant(contents, contents.dtype, original),
    );
  }
}

/**
 * Exporters store weights that happen to be equal once and give the others an Identity with their own name: biases that
 * are all 0, gains that are all 1. Such a copy is a weight of its own again. Weights with equal random numbers are tied
 * on purpose and stay one.
 */
export function untied(source: Item, name: string, { graph, isTrained }: Context): Item {
  if (isSequence(source) || source.kind !== "parameter" || invented.test(name) || graph.parent) return source;
  const { data } = source.tensor!;
  if (data.some((element) => element !== data[0])) return source;
  return graph.parameter(name, source.tensor!, { trainable: isTrained(name, name) });
}

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
