import { describe, expect, it } from "vitest";
import { Rng } from "../base/rng.ts";
import { planRows, type RowPlanOptions } from "./row-plan.ts";

const rng = Rng.fromSeed(9);
const lengths = Uint32Array.from({ length: 400 }, () => 5 + rng.integer(60));
const images = Uint32Array.from({ length: 400 }, () => Number(rng.integer(4) > 0));
const options = {
  lengths,
  images,
  numTokens: 100,
  imagesPerRow: 2,
  packed: true,
  order: "shuffled" as const,
  batchSize: 8,
  numBegun: 0,
};
const plan = (more: Partial<RowPlanOptions>, seed = 1) => planRows({ ...options, ...more }, Rng.fromSeed(seed));
const sum = (row: readonly number[], of: Uint32Array) => row.reduce((total, index) => total + of[index]!, 0);

describe("planRows", () => {
  it("places every conversation once, within the tokens and pictures of a row", () => {
    const rows = plan({});
    expect([...rows.flat()].sort((a, b) => a - b)).toEqual([...lengths.keys()]);
    for (const row of rows) {
      expect(sum(row, lengths)).toBeLessThanOrEqual(100);
      expect(sum(row, images)).toBeLessThanOrEqual(2);
    }
    expect(sum([...lengths.keys()], lengths) / (rows.length * 100)).toBeGreaterThan(0.8);
    expect(plan({ packed: false })).toHaveLength(400);
  });

  it("depends on the stream alone", () => {
    expect(plan({})).toEqual(plan({}));
    expect(plan({})).not.toEqual(plan({}, 2));
  });

  it("groups batches by modality and similar length", () => {
    const rows = plan({ packed: false, order: "by-modality-and-length" });
    expect([...rows.flat()].sort((a, b) => a - b)).toEqual([...lengths.keys()]);
    const spread = (of: number[][]) => {
      let total = 0;
      for (let first = 0; first + 8 <= of.length; first += 8) {
        const each = of.slice(first, first + 8).map((row) => sum(row, lengths));
        total += Math.max(...each) - Math.min(...each);
      }
      return total;
    };
    expect(spread(rows)).toBeLessThan(spread(plan({ packed: false })) / 3);
  });

  it.each([7, 8, 12])(
    "mixes modalities in two steps of an epoch at most, in every epoch, with %i rows a step",
    (batchSize) => {
      const epochs: number[][][] = [];
      for (let epoch = 0; epoch < 5; epoch++) {
        const numBegun = epochs.flat().length % batchSize;
        const rows = plan({ packed: false, order: "by-modality-and-length", batchSize, numBegun }, epoch);
        expect([...rows.flat()].sort((a, b) => a - b)).toEqual([...lengths.keys()]);
        epochs.push(rows);
      }
      const kinds = epochs.flat().map((row) => sum(row, images) > 0);
      const steps = Array.from({ length: Math.ceil(kinds.length / batchSize) }, (_, step) =>
        kinds.slice(step * batchSize, (step + 1) * batchSize),
      );
      const isMixed = (step: readonly boolean[]) => step.includes(true) && step.includes(false);
      expect(steps.slice(0, Math.ceil(epochs[0]!.length / batchSize)).filter(isMixed).length).toBeLessThanOrEqual(2);
      expect(steps.filter(isMixed).length).toBeLessThanOrEqual(2 * epochs.length);
    },
  );
});
