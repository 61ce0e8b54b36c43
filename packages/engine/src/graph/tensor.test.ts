import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ShapeError } from "../errors.ts";
import {
  bfloat16ToNumber,
  filled,
  float16ToNumber,
  numbers,
  numberToBfloat16,
  numberToFloat16,
  tensor,
} from "./tensor.ts";

describe("tensor", () => {
  it("holds what it is given", () => {
    expect(numbers(tensor("int64", [2], [3, -1]))).toEqual([3, -1]);
    expect(tensor("bool", [3], [0, 1, 2]).data).toEqual(Uint8Array.of(0, 1, 1));
    expect(numbers(filled("float16", [2], 0.5))).toEqual([0.5, 0.5]);
  });

  it("refuses data that do not fit", () => {
    expect(() => tensor("float32", [2, 2], [1, 2, 3])).toThrow(ShapeError);
    expect(() => tensor("float32", [1.5], [1])).toThrow(ShapeError);
    expect(() => tensor("float32", [2], new Float64Array(2))).toThrow(/Float32Array/);
  });

  it("saturates 64-bit integers, as exporters' 'to the end' needs", () => {
    expect(tensor("int64", [2], [2 ** 63, -(2 ** 64)]).data).toEqual(BigInt64Array.of(2n ** 63n - 1n, -(2n ** 63n)));
    expect(tensor("uint64", [1], [-1]).data).toEqual(BigUint64Array.of(0n));
  });
});

describe("float16", () => {
  it("agrees with known bit patterns", () => {
    const known: [number, number][] = [
      [1, 0x3c00],
      [-2, 0xc000],
      [65504, 0x7bff],
      [65520, 0x7c00],
      [2 ** -24, 0x0001],
      [2 ** -14, 0x0400],
      [1 + 2 ** -11, 0x3c00], // a tie, to even
      [1 + 3 * 2 ** -11, 0x3c02],
      [Number.NEGATIVE_INFINITY, 0xfc00],
    ];
    for (const [value, bits] of known) expect(numberToFloat16(value)).toBe(bits);
    expect(float16ToNumber(numberToFloat16(Number.NaN))).toBeNaN();
  });

  it("keeps every half as it is", () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = float16ToNumber(bits);
      if (!Number.isNaN(value)) expect(numberToFloat16(value)).toBe(bits);
    }
  });
});

describe("bfloat16", () => {
  it("is the nearest one", () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true, min: -(2 ** 99), max: 2 ** 99 }), (value) => {
        const near = bfloat16ToNumber(numberToBfloat16(value));
        expect(Math.abs(near - value)).toBeLessThanOrEqual(Math.abs(value) * 2 ** -8 + 1e-40);
      }),
    );
  });
});
