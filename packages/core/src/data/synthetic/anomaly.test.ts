import { describe, expect, it } from "vitest";
import { DataError } from "../../base/errors.ts";
import { blend, cutPaste, type FloatImage, thresholdMask } from "./anomaly.ts";

const image = (data: number[], width: number): FloatImage => ({
  data: Float32Array.from(data),
  width,
  height: data.length / width,
  channels: 1,
});

describe("blend", () => {
  it("keeps the image outside the mask and mixes inside", () => {
    const mask = Float32Array.of(0, 1, 0.5);
    const blended = blend({ image: image([1, 1, 1], 3), source: image([0, 0, 0], 3), mask, beta: 0.25 });
    expect([...blended.data]).toEqual([1, 0.25, 0.625]);
    expect(() => blend({ image: image([1, 1], 2), source: image([0], 1), mask, beta: 0 })).toThrow(DataError);
  });
});

describe("thresholdMask", () => {
  it("is strict, and keeps to the foreground", () => {
    expect(thresholdMask(Float32Array.of(0.5, 0.6, 0.7), 0.5)).toEqual({
      mask: Uint8Array.of(0, 1, 1),
      areaFraction: 2 / 3,
    });
    expect([...thresholdMask(Float32Array.of(0.9, 0.9), 0.5, Uint8Array.of(0, 1)).mask]).toEqual([0, 1]);
  });
});

describe("cutPaste", () => {
  it("turns counter-clockwise and clips", () => {
    // 1 2
    // 3 4 of the upper left corner; turned once: 2 4 / 1 3.
    const input = image([1, 2, 0, 3, 4, 0, 0, 0, 0], 3);
    const source = { x: 0, y: 0, width: 2, height: 2 };
    const turned = cutPaste(input, { source, target: { x: 1, y: 1 }, quarterTurns: 1 });
    expect([...turned.image.data]).toEqual([1, 2, 0, 3, 2, 4, 0, 1, 3]);
    const clipped = cutPaste(input, { source, target: { x: 2, y: -1 }, quarterTurns: -3 });
    expect([...clipped.image.data]).toEqual([1, 2, 1, 3, 4, 0, 0, 0, 0]);
    expect([...clipped.mask]).toEqual([0, 0, 1, 0, 0, 0, 0, 0, 0]);
  });

  it("refuses a patch outside the image", () => {
    const source = { x: 2, y: 0, width: 2, height: 1 };
    expect(() => cutPaste(image([1, 2, 3], 3), { source, target: { x: 0, y: 0 }, quarterTurns: 0 })).toThrow(DataError);
  });
});
