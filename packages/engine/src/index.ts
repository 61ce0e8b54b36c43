export { type GradOptions, grad } from "./autodiff/grad.ts";
export { DeviceError, DivergedError, type ErrorDetails, ModelError, RetortError, ShapeError } from "./errors.ts";
export { graph } from "./graph/builder.ts";
export type { Attributes, AttributeValue, Graph, Node, Value } from "./graph/graph.ts";
export { type InlineOptions, inline } from "./graph/inline.ts";
export {
  type DType,
  filled,
  numbers,
  type Shape,
  sizeOf,
  type Tensor,
  type TensorType,
  tensor,
} from "./graph/tensor.ts";
export * as nn from "./nn/index.ts";
export { type ExportOptions, exportOnnx } from "./onnx/export.ts";
export { type ImportOptions, importOnnx } from "./onnx/import.ts";
export { type DeclaredInput, onnxInputs } from "./onnx/inputs.ts";
export { onnxMetadata } from "./onnx/metadata.ts";
export { type Operand, withGradient } from "./ops/call.ts";
export { op } from "./ops/functions.ts";
export { families, type OpName, ops } from "./ops/index.ts";
export { optim } from "./optim/index.ts";
export type { Optimizer } from "./optim/optimizer.ts";
