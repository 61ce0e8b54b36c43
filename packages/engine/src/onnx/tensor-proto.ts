/** Tensors as ONNX stores them: dtype codes, raw bytes, typed lists and external files. */
import { ModelError } from "../errors.ts";
import { arrays, type DType, sizeOf, type Tensor, type TensorData, tensor } from "../graph/tensor.ts";
import { castCodes } from "../ops/functions.ts";
import { int64ToBigInt, int64ToNumber, type TensorProto } from "./proto.ts";

const names = new Map<number, DType>(Object.entries(castCodes).map(([dtype, code]) => [code, dtype as DType]));

export function dtypeCode(dtype: DType): number {
  return castCodes[dtype];
}

/** @throws ModelError UNKNOWN_DTYPE for strings, complex numbers and the 8- and 4-bit floats */
export function dtypeOf(code: number, where: string): DType {
  const dtype = names.get(code);
  if (dtype !== undefined) return dtype;
  const [expected, got] = [[...names.values()].join(", "), `TensorProto data type ${code}`];
  throw new ModelError({
    code: "UNKNOWN_DTYPE",
    message: "an element type that the engine does not have",
    expected,
    got,
    where,
  });
}

export function tensorToProto(name: string, { dtype, shape, data }: Tensor): TensorProto {
  const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { name, dims: [...shape], dataType: dtypeCode(dtype), rawData };
}

/**
 * Reads a part of a file that a model names as holding weights: `length` bytes from `offset` on, or all to the end. Many weights stand in
 * one such file, which may be larger than memory.
 */
export type ExternalFile = (path: string, range: { offset: number; length: number | undefined }) => Uint8Array;

/** @throws ModelError when the bytes do not fill the shape, or external data is missing */
export function tensorFromProto(proto: TensorProto, where: string, external?: ExternalFile): Tensor {
  const dtype = dtypeOf(proto.dataType, where);
  const shape = proto.dims.map(int64ToNumber);
  const wanted = sizeOf(shape);
  if (shape.some((dim) => !Number.isSafeInteger(dim) || dim < 0) || !Number.isSafeInteger(wanted))
    throw new ModelError({
      code: "BAD_TENSOR",
      message: "a tensor of impossible shape",
      got: `[${shape.join(",")}]`,
      where,
    });
  const data =
    proto.dataLocation === 1
      ? fromBytes(dtype, externalBytes(proto, where, external), where)
      : proto.rawData !== undefined && proto.rawData.length > 0
        ? fromBytes(dtype, proto.rawData, where)
        : fromLists(dtype, proto);
  if (data.length !== wanted) {
    const [expected, got] = [`${wanted} elements for ${dtype}[${shape.join(",")}]`, `${data.length}`];
    throw new ModelError({
      code: "BAD_TENSOR",
      message: "a tensor whose data does not fill its shape",
      expected,
      got,
      where,
    });
  }
  return tensor(dtype, shape, data);
}

/** ONNX is little-endian, as are all platforms that Node runs on. The bytes are copied, hence aligned (a Buffer would share). */
function fromBytes(dtype: DType, bytes: Uint8Array, where: string): TensorData {
  const array = arrays[dtype];
  if (bytes.length % array.BYTES_PER_ELEMENT !== 0)
    throw new ModelError({
      code: "BAD_TENSOR",
      message: "a tensor that ends inside an element",
      expected: `a multiple of ${array.BYTES_PER_ELEMENT} bytes`,
      got: `${bytes.length}`,
      where,
    });
  // A copy, aligned; a Buffer's own slice() would share memory.
  return new array(new Uint8Array(bytes).buffer);
}

function fromLists(dtype: DType, proto: TensorProto): TensorData {
  switch (dtype) {
    case "float32":
      return Float32Array.from(proto.floatData ?? []);
    case "float64":
      return Float64Array.from(proto.doubleData ?? []);
    case "int64":
      return BigInt64Array.from(proto.int64Data ?? [], int64ToBigInt);
    case "uint64":
      return BigUint64Array.from(proto.uint64Data ?? [], (value) => BigInt.asUintN(64, int64ToBigInt(value)));
    case "uint32":
      return Uint32Array.from(proto.uint64Data ?? [], int64ToNumber);
    default:
      return arrays[dtype].from(proto.int32Data ?? []);
  }
}

function externalBytes(proto: TensorProto, where: string, external: ExternalFile | undefined): Uint8Array {
  const entries = new Map((proto.externalData ?? []).map(({ key, value }) => [key, value]));
  const location = entries.get("location");
  const missing = (got: string, cause?: unknown) =>
    new ModelError({
      code: "EXTERNAL_DATA",
      message: "weights stored outside the model file cannot be read",
      expected: `the file ${location ?? "(unnamed)"}`,
      got,
      where,
      fix: "Pass `external: (path, range) => bytes`, or `importFile`, which reads the files beside the model.",
      cause,
    });
  if (location === undefined) throw missing("no location");
  if (external === undefined) throw missing("no reader for external files");
  const offset = Number(entries.get("offset") ?? 0);
  const length = entries.has("length") ? Number(entries.get("length")) : undefined;
  const isRange = [offset, length ?? 0].every((size) => Number.isSafeInteger(size) && size >= 0);
  if (!isRange) throw missing(`offset ${entries.get("offset")}, length ${entries.get("length")}`);
  let bytes: Uint8Array;
  try {
    bytes = external(location, { offset, length });
  } catch (cause) {
    throw missing(cause instanceof Error ? cause.message : String(cause), cause);
  }
  if (length !== undefined && bytes.length !== length)
    throw missing(`${bytes.length} bytes from ${offset} on, wanted ${length}`);
  return bytes;
}
