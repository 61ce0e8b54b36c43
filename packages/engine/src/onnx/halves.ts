/** Reading 16-bit floats as float32: what a model stored in halves becomes when it is to be trained. */
import { bfloat16ToNumber, type DType, float16ToNumber, type Tensor, type TensorType } from "../graph/tensor.ts";

export type Halves = "float32" | "keep";

export function widenedDType(dtype: DType, halves: Halves): DType {
  return halves === "float32" && (dtype === "float16" || dtype === "bfloat16") ? "float32" : dtype;
}

export function widenedType({ dtype, shape }: TensorType, halves: Halves): TensorType {
  return { dtype: widenedDType(dtype, halves), shape };
}

export function widened(tensor: Tensor, halves: Halves): Tensor {
  if (widenedDType(tensor.dtype, halves) === tensor.dtype) return tensor;
  const toNumber = tensor.dtype === "float16" ? float16ToNumber : bfloat16ToNumber;
  return { dtype: "float32", shape: tensor.shape, data: Float32Array.from(tensor.data as Uint16Array, toNumber) };
}
