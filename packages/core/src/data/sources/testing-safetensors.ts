import { writeFileSync } from "node:fs";

export interface StoredTensor {
  dtype: "F32" | "F16" | "BF16" | "I64";
  shape: number[];
  bytes: Uint8Array;
}

export function floats(shape: number[], values: ArrayLike<number>): StoredTensor {
  const bytes = new Uint8Array(Float32Array.from(values).buffer);
  return { dtype: "F32", shape, bytes };
}

/** A safetensors file as the format's own library writes it. */
export function writeSafetensors(path: string, tensors: Readonly<Record<string, StoredTensor>>): void {
  let at = 0;
  const header: Record<string, unknown> = { __metadata__: { format: "pt" } };
  for (const [name, { dtype, shape, bytes }] of Object.entries(tensors)) {
    header[name] = { dtype, shape, data_offsets: [at, at + bytes.length] };
    at += bytes.length;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(text.length), true);
  writeFileSync(path, Buffer.concat([length, text, ...Object.values(tensors).map(({ bytes }) => bytes)]));
}
