import { tensor } from "@retort/engine";
import { describe, expect, it } from "vitest";
import { cutBatches, finerAccumulate, microBatchSize } from "./micro-batch.ts";

describe("finerAccumulate", () => {
  it("doubles as long as the batch can be halved", () => {
    expect(finerAccumulate(12, 1)).toBe(2);
    expect(finerAccumulate(12, 2)).toBe(4);
    expect(finerAccumulate(12, 4)).toBeNull();
    expect(finerAccumulate(1, 1)).toBeNull();
    expect(finerAccumulate(7, 1)).toBeNull();
    expect(microBatchSize(12, { accumulate: 4 })).toBe(3);
    expect(microBatchSize(12, {})).toBe(12);
  });
});

describe("cutBatches", () => {
  it("keeps the order of the examples, and repeats what a step has once", () => {
    // Two steps of four examples.
    const x = tensor("float32", [2, 4, 1], [0, 1, 2, 3, 10, 11, 12, 13]);
    const scale = tensor("float32", [2, 1], [5, 6]);
    const inputs = {
      x: { dtype: "float32", shape: [2, 1] },
      scale: { dtype: "float32", shape: [1] },
    } as const;
    const cut = cutBatches({ x, scale }, inputs, 2);
    expect(cut.x).toMatchObject({ shape: [4, 2, 1], data: x.data });
    expect(cut.scale!.shape).toEqual([4, 1]);
    expect([...cut.scale!.data]).toEqual([5, 5, 6, 6]);
    expect(cutBatches({ x, scale }, inputs, 1)).toEqual({ x, scale });
  });
});
