import { ModelError, ShapeError } from "../errors.ts";
import type { DType, TensorType } from "../graph/tensor.ts";
import { decodeModel, type GraphProto, int64ToNumber } from "./proto.ts";
import { dtypeOf } from "./tensor-proto.ts";

/** An input as a file declares it; a dimension that is a string is dynamic, and its name is bound on import. */
export interface DeclaredInput {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly (number | string)[];
}

/** What a model wants to be fed, before any dimension is bound. @throws ModelError for bytes that are no ONNX model */
export function onnxInputs(bytes: Uint8Array): DeclaredInput[] {
  return declaredInputs(decodeModel(bytes).graph!);
}

export function declaredInputs({ input, initializer }: GraphProto): DeclaredInput[] {
  // Before IR version 4 the weights were listed among the inputs.
  const weights = new Set(initializer.map(({ name }) => name));
  return input
    .filter(({ name }) => !weights.has(name))
    .map(({ name, type }) => {
      const where = `input "${name}"`;
      const tensorType = type?.tensorType;
      if (!tensorType?.shape)
        throw new ModelError({ code: "BAD_INPUT", message: "an input that is no tensor of known rank", where });
      const shape = tensorType.shape.dim.map((dim, axis) => {
        const size = Object.hasOwn(dim, "dimValue") ? int64ToNumber(dim.dimValue!) : -1;
        return size >= 0 && Number.isSafeInteger(size) ? size : dim.dimParam || `${name}.${axis}`;
      });
      return { name, dtype: dtypeOf(tensorType.elemType, where), shape };
    });
}

/** @throws ShapeError UNBOUND_DIMENSION naming the dimension that has no size */
export function boundInput({ name, dtype, shape }: DeclaredInput, dims: Readonly<Record<string, number>>): TensorType {
  const sizes = shape.map((dim, axis) => {
    if (typeof dim === "number") return dim;
    const size = Object.hasOwn(dims, dim) ? dims[dim] : undefined;
    if (size !== undefined && Number.isSafeInteger(size) && size >= 0) return size;
    throw new ShapeError({
      code: "UNBOUND_DIMENSION",
      message: `dimension ${axis} is dynamic`,
      expected: `a size for "${dim}"`,
      got: size === undefined ? `sizes for ${Object.keys(dims).join(", ") || "nothing"}` : `${size}`,
      where: `input "${name}"`,
      fix: `Pass dims: { ${JSON.stringify(dim)}: <size> }.`,
    });
  });
  return { dtype, shape: sizes };
}
