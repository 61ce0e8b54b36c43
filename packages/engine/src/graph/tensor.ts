import { ShapeError } from "../errors.ts";

/** Array type that holds the elements of each dtype; bool is one byte (0 or 1), the 16-bit floats are their bits. */
export const arrays = {
  float32: Float32Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  float64: Float64Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
} as const;

export type DType = keyof typeof arrays;
export type TensorData = InstanceType<(typeof arrays)[DType]>;
export type Shape = readonly number[];

export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** A value in memory: row-major data of a known type. */
export interface Tensor extends TensorType {
  readonly data: TensorData;
}

/** Number of elements of a shape; 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const dim of shape) size *= dim;
  return size;
}

export function isFloat(dtype: DType): boolean {
  return dtype === "float32" || dtype === "float16" || dtype === "bfloat16" || dtype === "float64";
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i]);
}

/** "float32[2,3]": how types are written in errors. */
export function typeText(type: TensorType): string {
  return `${type.dtype}[${type.shape.join(",")}]`;
}

/**
 * A tensor over the given data (shared, not copied) or over numbers (converted to the dtype; bool takes 0 and 1).
 * @throws ShapeError when the number of elements or the array type does not fit.
 */
export function tensor(dtype: DType, shape: Shape, data: TensorData | readonly number[]): Tensor {
  if (data.length !== sizeOf(shape) || shape.some((dim) => !Number.isSafeInteger(dim) || dim < 0)) {
    throw new ShapeError({
      code: "TENSOR_SIZE",
      message: "the data does not fill the shape",
      expected: `${sizeOf(shape)} elements for ${typeText({ dtype, shape })}`,
      got: `${data.length}`,
    });
  }
  if (isPlainNumbers(data)) return { dtype, shape: [...shape], data: encode(dtype, data) };
  if (!(data instanceof arrays[dtype])) {
    const [expected, got] = [arrays[dtype].name, data.constructor.name];
    throw new ShapeError({ code: "TENSOR_ARRAY", message: `data of a ${dtype} tensor`, expected, got });
  }
  return { dtype, shape: [...shape], data };
}

/** A tensor of one repeated number. */
export function filled(dtype: DType, shape: Shape, value: number): Tensor {
  const size = sizeOf(shape);
  const array = arrays[dtype];
  if (array === BigInt64Array || array === BigUint64Array) {
    return { dtype, shape: [...shape], data: new array(size).fill(encode(dtype, [value])[0] as bigint) };
  }
  const data = new (array as typeof Float64Array)(size);
  return { dtype, shape: [...shape], data: value === 0 ? data : data.fill(encode(dtype, [value])[0] as number) };
}

/** The elements as JavaScript numbers (64-bit integers beyond 2^53 are rounded). */
export function numbers(tensor: Tensor): number[] {
  const { data, dtype } = tensor;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Array.from(data, Number);
  if (dtype === "float16") return Array.from(data, float16ToNumber);
  if (dtype === "bfloat16") return Array.from(data, bfloat16ToNumber);
  return Array.from(data);
}

function isPlainNumbers(data: TensorData | readonly number[]): data is readonly number[] {
  return Array.isArray(data);
}

function encode(dtype: DType, values: readonly number[]): TensorData {
  switch (dtype) {
    case "int64":
      return BigInt64Array.from(values, (value) => clampBigInt(value, -(2n ** 63n), 2n ** 63n - 1n));
    case "uint64":
      return BigUint64Array.from(values, (value) => clampBigInt(value, 0n, 2n ** 64n - 1n));
    case "float16":
      return Uint16Array.from(values, numberToFloat16);
    case "bfloat16":
      return Uint16Array.from(values, numberToBfloat16);
    case "bool":
      return Uint8Array.from(values, (value) => (value === 0 ? 0 : 1));
    default:
      return arrays[dtype].from(values);
  }
}

/** Exporters write "to the end" as the largest int64, which is not a safe number: it saturates instead of wrapping. */
function clampBigInt(value: number, low: bigint, high: bigint): bigint {
  const integer = Number.isNaN(value)
    ? 0n
    : Number.isFinite(value)
      ? BigInt(Math.trunc(value))
      : value > 0
        ? high
        : low;
  return integer < low ? low : integer > high ? high : integer;
}

const float32 = new Float32Array(1);
const bits32 = new Uint32Array(float32.buffer);

/** Nearest bfloat16 (ties to even), as bits. */
export function numberToBfloat16(value: number): number {
  float32[0] = value;
  const bits = bits32[0] as number;
  if (Number.isNaN(value)) return (bits >>> 16) | 0x40;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

export function bfloat16ToNumber(bits: number): number {
  bits32[0] = bits << 16;
  return float32[0] as number;
}

/** Nearest IEEE half (ties to even), as bits. */
export function numberToFloat16(value: number): number {
  float32[0] = value;
  const bits = bits32[0] as number;
  const sign = (bits >>> 16) & 0x8000;
  if (Number.isNaN(value)) return sign | 0x7e00;
  const magnitude = Math.abs(float32[0] as number);
  if (magnitude >= 65520) return sign | 0x7c00;
  if (magnitude < 2 ** -14) return sign | roundToEven(magnitude * 2 ** 24); // subnormal; 1024 is the smallest normal
  const exponent = ((bits >>> 23) & 0xff) - 127;
  // A mantissa that rounds up to 1024 carries into the exponent, as it should.
  return sign | (((exponent + 15) << 10) + roundToEven((magnitude / 2 ** exponent - 1) * 1024));
}

export function float16ToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const mantissa = bits & 0x3ff;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}

function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
