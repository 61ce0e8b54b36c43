import { op, type Value } from "@retort/engine";
import { describe, expect, it } from "vitest";
import { losses } from "./index.ts";
import { buildLoss } from "./loss.ts";
import { relationThroughHead } from "./rdist.ts";
import { bools, ints, measure, normal, type Tensors } from "./testing.ts";

type Values = Readonly<Record<string, Value>>;

const logits = (seed: number): Tensors => ({
  "student.logits": normal([1, 6, 4], seed),
  "teacher.logits": normal([1, 6, 4], seed + 1),
});
const mdist = (params: unknown) => (values: Values) => buildLoss(losses.mdist, values, params);

/** Positions whose student logits receive a gradient. */
async function touched(tensors: Tensors, params: unknown): Promise<number[]> {
  const { gradients } = await measure(mdist(params), tensors, ["student.logits"]);
  const values = gradients["student.logits"]!;
  return [0, 1, 2, 3, 4, 5].filter((t) => values.slice(4 * t, 4 * t + 4).some((x) => x !== 0));
}

describe("mdist", () => {
  const labels = ints([1, 6], [7, -100, -100, -100, 2, 3]);
  const visualMask = bools([1, 6], [0, 1, 1, 0, 0, 0]);
  const promptMask = bools([1, 6], [0, 0, 0, 1, 0, 0]);
  const tensors = { ...logits(1), labels, visualMask, promptMask };

  it("compares answers and instructions where they are predicted, image tokens where they stand", async () => {
    expect(await touched(tensors, { weights: { response: 1, visual: 0 } })).toEqual([3, 4]);
    expect(await touched(tensors, { weights: { response: 0, visual: 1 } })).toEqual([1, 2]);
    expect(await touched(tensors, { weights: { response: 0, visual: 0, prompt: 1 } })).toEqual([2]);
  });

  it("takes labels that already stand at the logits", async () => {
    const params = { weights: { response: 1, visual: 0 }, labelPosition: "prediction" };
    expect(await touched(tensors, params)).toEqual([0, 4, 5]);
  });

  it("takes several images and samples without one", async () => {
    const twoImages = { ...tensors, visualMask: bools([1, 6], [1, 1, 0, 0, 1, 0]) };
    expect(await touched(twoImages, { weights: { response: 0 } })).toEqual([0, 1, 4]);
    const textOnly = { ...tensors, visualMask: bools([1, 6], [0, 0, 0, 0, 0, 0]) };
    const { loss } = await measure(mdist({ weights: { response: 0 } }), textOnly, []);
    expect(loss).toBe(0);
  });
});

describe("rdist", () => {
  const rdist = (values: Values) => buildLoss(losses.rdist, values, {});

  it("is 1 − cos of the two relations, by hand", async () => {
    // R_s = [[1, 0], [0, 1]], R_t = [[1, 1], [1, 1]]: cosine 2 / (√2 · 2)
    const hand = {
      "student.visual": { dtype: "float32", shape: [1, 2, 2], data: Float32Array.of(1, 0, 0, 1) },
      "teacher.visual": { dtype: "float32", shape: [1, 2, 1], data: Float32Array.of(1, 1) },
    } as const;
    expect((await measure(rdist, hand, [])).loss).toBeCloseTo(1 - Math.SQRT1_2, 6);
  });

  it("compares hidden states of different widths, and refuses other numbers of tokens", async () => {
    const widths = { "student.visual": normal([2, 3, 4], 1), "teacher.visual": normal([2, 3, 7], 2) };
    const { loss } = await measure(rdist, widths, ["student.visual"]);
    expect(loss).toBeGreaterThan(0);
    const lengths = { "student.visual": normal([2, 3, 4], 1), "teacher.visual": normal([2, 5, 4], 2) };
    await expect(measure(rdist, lengths, [])).rejects.toThrow(/\[2,5,4\]/);
  });

  it("does not see tokens outside the mask, nor samples without any", async () => {
    const all = { "student.visual": normal([2, 4, 3], 5), "teacher.visual": normal([2, 4, 3], 6) };
    const cut = Object.fromEntries(
      Object.entries(all).map(([name, { data }]) => [
        name,
        { dtype: "float32", shape: [1, 2, 3], data: (data as Float32Array).slice(3, 9) } as const,
      ]),
    );
    const mask = bools([2, 4], [0, 1, 1, 0, 0, 0, 0, 0]);
    const masked = await measure(rdist, { ...all, mask }, ["student.visual"]);
    const alone = await measure(rdist, cut, ["student.visual"]);
    expect(masked.loss).toBeCloseTo(alone.loss, 6);
    expect(masked.gradients["student.visual"]!.every(Number.isFinite)).toBe(true);
  });

  it("through a head equals the relation of its logits", async () => {
    const tensors = { hidden: normal([2, 3, 4], 7), head: normal([4, 6], 8), weights: normal([2, 3, 3], 9) };
    const weighted = (r: Value, { weights }: Values) => op.reduceSum(op.mul(r, weights!));
    const through = (values: Values) => weighted(relationThroughHead(values.hidden!, values.head!), values);
    const plain = (values: Values) => {
      const z = op.matMul(values.hidden!, values.head!);
      return weighted(op.matMul(z, op.transpose(z, [0, 2, 1])), values);
    };
    const [a, b] = [
      await measure(through, tensors, ["hidden", "head"]),
      await measure(plain, tensors, ["hidden", "head"]),
    ];
    expect(a.loss).toBeCloseTo(b.loss, 3);
    for (const name of ["hidden", "head"]) {
      a.gradients[name]!.forEach((value, i) => {
        expect(value).toBeCloseTo(b.gradients[name]![i]!, 3);
      });
    }
  });
});
