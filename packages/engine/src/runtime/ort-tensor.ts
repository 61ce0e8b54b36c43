/** Tensors on the border to ONNX Runtime. Feeds share memory with the caller's data. [node] */
import { Tensor as OrtTensor } from "onnxruntime-node";
import { ShapeError } from "../errors.ts";
import { type arrays, type Tensor, type TensorType, tensor, typeText } from "../graph/tensor.ts";

export function toOrt({ dtype, shape, data }: Tensor): OrtTensor {
  if (dtype === "bfloat16")
    throw new ShapeError({
      code: "BFLOAT16_FEED",
      message: "ONNX Runtime takes no bfloat16 from JavaScript",
      fix: "Feed float32 and cast inside the graph.",
    });
  return new OrtTensor(dtype as "float32", data as Float32Array, shape);
}

export function fromOrt(value: OrtTensor): Tensor {
  const dtype = value.type as Exclude<keyof typeof arrays, "bfloat16">;
  // A runtime that knows Float16Array returns one; what we hold are its bits.
  const { buffer } = value.data as Float32Array<ArrayBuffer>;
  return tensor(
    dtype,
    value.dims,
    dtype === "float16" ? new Uint16Array(buffer) : (value.data as Float32Array<ArrayBuffer>),
  );
}

/**
 * Feeds by input name for a session that wants exactly these types.
 * @throws ShapeError naming the input that is missing, unknown or of another type
 */
export function feedsFor(
  wanted: Readonly<Record<string, TensorType>>,
  given: Readonly<Record<string, Tensor>>,
): Record<string, OrtTensor> {
  for (const name of Object.keys(given))
    if (!(name in wanted)) throw feedError(name, `one of ${Object.keys(wanted).join(", ")}`, name);
  const feeds: Record<string, OrtTensor> = {};
  for (const [name, type] of Object.entries(wanted)) {
    const value = given[name];
    if (value === undefined) throw feedError(name, typeText(type), "nothing");
    if (typeText(value) !== typeText(type)) throw feedError(name, typeText(type), typeText(value));
    feeds[name] = toOrt(value);
  }
  return feeds;
}

function feedError(name: string, expected: string, got: string): ShapeError {
  return new ShapeError({
    code: "BAD_FEED",
    message: "an input of another name or type",
    expected,
    got,
    where: `input "${name}"`,
  });
}
