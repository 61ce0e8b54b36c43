/** Bytes of one number, by the names that safetensors uses. */
export const storedBytes = { F64: 8, F32: 4, F16: 2, BF16: 2 } as const;
export type StoredFloat = keyof typeof storedBytes;

/** Little-endian floats of any width as float32. */
export function float32Of(bytes: Uint8Array<ArrayBuffer>, stored: StoredFloat): Float32Array<ArrayBuffer> {
  const { buffer } = bytes;
  switch (stored) {
    case "F32":
      return new Float32Array(buffer);
    case "F64":
      return Float32Array.from(new Float64Array(buffer));
    case "BF16": {
      // The upper half of a float32.
      const halves = new Uint16Array(buffer);
      const words = new Uint32Array(halves.length);
      for (let i = 0; i < halves.length; i++) words[i] = halves[i]! << 16;
      return new Float32Array(words.buffer);
    }
    case "F16": {
      const halves = new Uint16Array(buffer);
      const floats = new Float32Array(halves.length);
      for (let i = 0; i < halves.length; i++) floats[i] = halfToNumber(halves[i]!);
      return floats;
    }
  }
}

/** IEEE 754 binary16. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}
