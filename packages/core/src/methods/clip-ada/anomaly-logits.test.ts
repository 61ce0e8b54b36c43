import { graph, nn, numbers } from "@retort/engine";
import { compile } from "@retort/engine/node";
import { describe, expect, it } from "vitest";
import { anomalyLogits } from "./anomaly-logits.ts";
import { clipAdaParams } from "./params.ts";

const [HEIGHT, WIDTH] = [2, 3];
/** Patches as unit vectors whose first coordinate is their likeness to "abnormal", second to "normal". */
const patches = [
  [1, 0],
  [0, 1],
  [0.6, 0.8],
  [0.8, 0.6],
  [-1, 0],
  [0, -1],
] as const;

/** scale · (cos abnormal − cos normal) + bias of each patch, by hand. */
const logits = patches.map(([abnormal, normal]) => 10 * (abnormal - normal) - 2);

async function scored(params: { imageTop?: number; imagePool?: number; imageScore: string }) {
  const g = graph("test");
  const constant = (shape: number[], values: readonly number[]) =>
    g.constant({ dtype: "float32", shape, data: Float32Array.from(values) });
  const { map, image } = anomalyLogits(
    nn.scope(g, { seed: 1 }),
    {
      features: [
        { layer: 4, grid: { height: HEIGHT, width: WIDTH }, values: constant([1, patches.length, 2], patches.flat()) },
      ],
      prompts: { normal: constant([2], [0, 1]), abnormal: constant([2], [1, 0]) },
      size: { height: HEIGHT, width: WIDTH },
    },
    clipAdaParams.parse({ scale: 10, bias: -2, ...params }),
  );
  g.output("map", map);
  g.output("image", image);
  const program = await compile(g);
  const found = await program.run({});
  await program.dispose();
  return { map: numbers(found.map!).map(Number), image: Number(numbers(found.image!)[0]) };
}

describe("anomalyLogits", () => {
  it("gives each patch the scaled difference of its cosines, moved by the bias", async () => {
    const { map } = await scored({ imageTop: 1, imageScore: "highest" });
    for (const [at, value] of map.entries()) expect(value).toBeCloseTo(logits[at]!, 4);
  });

  it("gives the image the mean of its highest patches", async () => {
    const { image } = await scored({ imageTop: 2, imageScore: "highest" });
    const [first, second] = logits.toSorted((a, b) => b - a);
    expect(image).toBeCloseTo((first! + second!) / 2, 4);
  });

  it("measures them from the mean of all patches where asked to", async () => {
    const { image } = await scored({ imageTop: 1, imageScore: "highest-above-mean" });
    const mean = logits.reduce((sum, value) => sum + value, 0) / logits.length;
    expect(image).toBeCloseTo(Math.max(...logits) - mean, 4);
  });

  it.each([
    [1, Math.max(...logits)],
    // Columns of both rows: squares that do not fit are as large as the map.
    [
      2,
      Math.max(
        ...[0, 1].map((left) => (logits[left]! + logits[left + 1]! + logits[left + 3]! + logits[left + 4]!) / 4),
      ),
    ],
    [9, logits.reduce((sum, value) => sum + value, 0) / logits.length],
  ])("gives it the highest mean over squares of %i patches where they are pooled", async (imagePool, expected) => {
    expect((await scored({ imagePool, imageScore: "pooled" })).image).toBeCloseTo(expected, 4);
  });
});
