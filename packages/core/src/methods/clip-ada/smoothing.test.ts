import { graph, numbers, op, type Tensor } from "@retort/engine";
import { compile } from "@retort/engine/node";
import { describe, expect, it } from "vitest";
import { axisMatrix, enlargedSmoothly } from "./smoothing.ts";

describe("enlargedSmoothly", () => {
  it("enlarges as ONNX's Resize and smooths as a Gaussian convolution", async () => {
    const map: Tensor = {
      dtype: "float32",
      shape: [2, 1, 5, 4],
      data: Float32Array.from({ length: 40 }, (_, at) => Math.sin(at * 1.7)),
    };
    const size = { height: 20, width: 16 };
    const g = graph("smoothing");
    const x = g.input("map", map);
    const enlarged = op.resize(x, { sizes: [2, 1, 20, 16], mode: "linear" });
    const sigma = 1.5;
    const radius = 6;
    const taps = Float32Array.from({ length: 13 }, (_, at) => Math.exp(-0.5 * ((at - radius) / sigma) ** 2));
    const total = taps.reduce((sum, tap) => sum + tap, 0);
    const kernel = (shape: number[]) => g.constant({ dtype: "float32", shape, data: taps.map((tap) => tap / total) });
    const padded = op.pad(enlarged, { pads: [0, 0, radius, radius, 0, 0, radius, radius], mode: "edge" });
    g.output("reference", op.conv(op.conv(padded, kernel([1, 1, 1, 13])), kernel([1, 1, 13, 1])));
    g.output("plainReference", enlarged);
    g.output("smooth", enlargedSmoothly(x, size, sigma));
    g.output("plain", enlargedSmoothly(x, size, 0));
    const program = await compile(g);
    const out = await program.run({ map });
    await program.dispose();
    for (const [ours, theirs] of [
      ["smooth", "reference"],
      ["plain", "plainReference"],
    ] as const) {
      expect(out[ours]!.shape).toEqual(out[theirs]!.shape);
      numbers(out[ours]!).forEach((value, at) => {
        expect(Number(value)).toBeCloseTo(Number(numbers(out[theirs]!)[at]), 5);
      });
    }
  });

  it("keeps an even map even", () => {
    const weights = axisMatrix(4, 16, 3);
    for (let row = 0; row < 16; row++) {
      const sum = weights.subarray(row * 4, row * 4 + 4).reduce((total, weight) => total + weight, 0);
      expect(sum).toBeCloseTo(1, 6);
    }
  });
});
