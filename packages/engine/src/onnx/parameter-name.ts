import type { GraphProto, NodeProto } from "./proto.ts";

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
