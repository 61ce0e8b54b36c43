import { graph, numbers, op } from "@retort/engine";
import { compile } from "@retort/engine/node";
import { expect, it } from "vitest";
import { smoothed } from "./smoothed.ts";

it("spreads a point as a Gaussian does, keeps what is even, and repeats the border", async () => {
  const size = 21;
  const g = graph("smoothing");
  const x = g.input("x", { dtype: "float32", shape: [2, 1, size, size] });
  g.output("y", smoothed(x, 2));
  g.output("same", op.mul(smoothed(x, 0), 1));
  const data = new Float32Array(2 * size * size).fill(3, size * size);
  data[10 * size + 10] = 1;
  const program = await compile(g);
  const { y } = await program.run({ x: { dtype: "float32", shape: [2, 1, size, size], data } });
  await program.dispose();
  const values = numbers(y!).map(Number);
  // exp(-d² / 8) / (8 π), cut at four deviations: within a few millionths.
  const at = (dx: number, dy: number) => values[(10 + dy) * size + 10 + dx]!;
  for (const [dx, dy] of [
    [0, 0],
    [1, 0],
    [0, 2],
    [3, 3],
  ] as const) {
    expect(at(dx, dy)).toBeCloseTo(Math.exp(-(dx * dx + dy * dy) / 8) / (8 * Math.PI), 5);
  }
  expect(Math.min(...values.slice(size * size))).toBeCloseTo(3, 5);
  expect(Math.max(...values.slice(size * size))).toBeCloseTo(3, 5);
});
