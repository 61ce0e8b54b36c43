/**
 * Named tensors and a few strings in one byte array, in the safetensors format
 * (https://huggingface.co/docs/safetensors): 8 bytes header length, JSON header, raw little-endian data.
 */
import { ModelError } from "../errors.ts";
import { arrays, type DType, sizeOf, type Tensor, tensor } from "../graph/tensor.ts";

const formatNames = {
  float64: "F64", float32: "F32", float16: "F16", bfloat16: "BF16", int64: "I64", int32: "I32", int16: "I16", int8: "I8",
  uint64: "U64", uint32: "U32", uint16: "U16", uint8: "U8", bool: "BOOL",
} as const satisfies Record<DType, string>; // biome-ignore format: a table

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

export interface Snapshot {
  tensors: Map<string, Tensor>;
  metadata: Record<string, string>;
}

export function encodeSnapshot({ tensors, metadata }: Snapshot): Uint8Array {
  const header: Record<string, Entry | Record<string, string>> = { __metadata__: metadata };
  let offset = 0;
  for (const [name, { dtype, shape, data }] of tensors) {
    header[name] = { dtype: formatNames[dtype], shape: [...shape], data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const start = 8 + Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(start + offset).fill(0x20, 8, start);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - 8), true);
  bytes.set(json, 8);
  let at = start;
  for (const { data } of tensors.values()) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/** @throws ModelError NOT_A_SNAPSHOT when the bytes are cut short or something else */
export function decodeSnapshot(bytes: Uint8Array): Snapshot {
  const { header, start } = readHeader(bytes);
  const { __metadata__: metadata = {}, ...entries } = header as Record<string, Entry> & {
    __metadata__?: Record<string, string>;
  };
  const tensors = new Map<string, Tensor>();
  for (const [name, { dtype: formatName, shape, data_offsets: offsets }] of Object.entries(entries)) {
    const dtype = (Object.keys(formatNames) as DType[]).find((key) => formatNames[key] === formatName);
    const [from, to] = [start + Number(offsets?.[0]), start + Number(offsets?.[1])];
    const array = dtype && arrays[dtype];
    if (!array || !(to <= bytes.length) || to - from !== sizeOf(shape) * array.BYTES_PER_ELEMENT)
      throw notASnapshot(`a broken entry "${name}"`);
    // A copy: aligned, and it does not hold on to the file. (A Buffer's own slice() would share memory.)
    tensors.set(name, tensor(dtype, shape, new array(new Uint8Array(bytes.subarray(from, to)).buffer)));
  }
  return { tensors, metadata };
}

function readHeader(bytes: Uint8Array): { header: unknown; start: number } {
  if (bytes.length < 8) throw notASnapshot(`${bytes.length} bytes`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(0, true));
  if (length + 8 > bytes.length) throw notASnapshot(`${bytes.length} bytes, of which the header alone wants ${length}`);
  try {
    return { header: JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))), start: 8 + length };
  } catch (cause) {
    throw notASnapshot("a header that is not JSON", cause);
  }
}

function notASnapshot(got: string, cause?: unknown): ModelError {
  return new ModelError({
    code: "NOT_A_SNAPSHOT",
    message: "these bytes hold no saved state",
    expected: "a complete safetensors file",
    got,
    cause,
  });
}
