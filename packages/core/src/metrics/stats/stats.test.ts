import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DataError } from "../../base/errors.ts";
import { Rng } from "../../base/rng.ts";
import { clusteredStandardError } from "./clustered.ts";
import { drawResamples, pairedBootstrapInterval, pairedTInterval, pairedTTest } from "./paired.ts";
import { summarize } from "./summary.ts";
import { wilcoxonSignedRank } from "./wilcoxon.ts";

const values = fc.array(fc.integer({ min: -100, max: 100 }), { minLength: 2, maxLength: 25 });

describe("summarize", () => {
  it("agrees with a case computed by hand", () => {
    const { mean, std, sem, low, high } = summarize([1, 2, 3]);
    expect([mean, std, sem]).toEqual([2, 1, 1 / Math.sqrt(3)]);
    // t(0.975, 2) = 4.30265
    expect(high - 2).toBeCloseTo(4.30265 / Math.sqrt(3), 4);
    expect(2 - low).toBeCloseTo(high - 2, 12);
  });

  it("moves with the values", () => {
    fc.assert(
      fc.property(values, (xs) => {
        const { mean, std } = summarize(xs);
        const moved = summarize(xs.map((x) => 3 * x + 7));
        expect(moved.mean).toBeCloseTo(3 * mean + 7, 9);
        expect(moved.std).toBeCloseTo(3 * std, 9);
      }),
    );
  });

  it("refuses one value and a confidence out of range", () => {
    expect(() => summarize([1])).toThrow(DataError);
    expect(() => summarize([1, 2], { confidence: 95 })).toThrow(/0.95/);
  });
});

describe("paired comparisons", () => {
  it("turn over when the systems are exchanged", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 99 }), fc.integer({ min: 0, max: 99 })), {
          minLength: 3,
          maxLength: 20,
        }),
        (rows) => {
          const a = rows.map(([x]) => x);
          const b = rows.map(([, y]) => y);
          fc.pre(a.some((x, index) => x !== b[index]));
          const forth = pairedTTest({ a, b });
          const back = pairedTTest({ a: b, b: a });
          expect(back.t).toBeCloseTo(-forth.t, 9);
          expect(back.pTwoSided).toBeCloseTo(forth.pTwoSided, 9);
          expect(forth.pGreater + back.pGreater).toBeCloseTo(1, 9);
          const w = wilcoxonSignedRank({ a, b }, { method: "approx" });
          const v = wilcoxonSignedRank({ a: b, b: a }, { method: "approx" });
          expect([v.wPlus, v.wMinus, v.pTwoSided]).toEqual([w.wMinus, w.wPlus, w.pTwoSided]);
        },
      ),
    );
  });

  it("agree with each other: the interval excludes 0 exactly when p is below 1 - confidence", () => {
    const a = [3, 4, 5, 6, 9];
    const b = [2, 4, 3, 4, 5];
    const { pTwoSided } = pairedTTest({ a, b });
    expect(pairedTInterval({ a, b }, { confidence: 1 - 1.01 * pTwoSided }).low).toBeGreaterThan(0);
    expect(pairedTInterval({ a, b }, { confidence: 1 - 0.99 * pTwoSided }).low).toBeLessThan(0);
  });

  it("bootstrap covers the mean and repeats with its seed", () => {
    const a = Array.from({ length: 40 }, (_, index) => (index * 7) % 13);
    const b = Array.from({ length: 40 }, (_, index) => (index * 5) % 11);
    const run = () => {
      const resamples = drawResamples(Rng.fromSeed(3), 40, 2000);
      return pairedBootstrapInterval({ a, b }, { resamples });
    };
    const { low, high, meanDifference } = run();
    expect(run()).toEqual({ low, high, meanDifference });
    const t = pairedTInterval({ a, b });
    expect(Math.abs(low - t.low)).toBeLessThan(0.25);
    expect(Math.abs(high - t.high)).toBeLessThan(0.25);
  });

  it("gives a difference without spread an infinite t", () => {
    expect(pairedTTest({ a: [2, 3], b: [1, 2] })).toMatchObject({
      t: Number.POSITIVE_INFINITY,
      pTwoSided: 0,
      pGreater: 0,
    });
    expect(pairedTTest({ a: [1, 2], b: [2, 3] })).toMatchObject({
      t: Number.NEGATIVE_INFINITY,
      pTwoSided: 0,
      pGreater: 1,
    });
  });

  it("refuse unequal lengths, no difference, and ties in the exact test", () => {
    expect(() => pairedTTest({ a: [1, 2], b: [1] })).toThrow(DataError);
    expect(() => pairedTTest({ a: [1, 2], b: [1, 2] })).toThrow(DataError);
    expect(() => wilcoxonSignedRank({ a: [1, 2], b: [1, 2] }, { method: "approx" })).toThrow(DataError);
    expect(() => wilcoxonSignedRank({ a: [1, 2], b: [0, 3] }, { method: "exact" })).toThrow(/approx/);
    expect(() => pairedBootstrapInterval({ a: [1], b: [2] }, { resamples: [] })).toThrow(DataError);
  });
});

describe("clusteredStandardError", () => {
  it("equals the independent error when every value is its own cluster", () => {
    fc.assert(
      fc.property(values, (xs) => {
        const { seIid, seMiller, numClusters } = clusteredStandardError(
          xs,
          xs.map((_, index) => index),
        );
        expect(seMiller).toBeCloseTo(seIid, 9);
        expect(numClusters).toBe(xs.length);
      }),
    );
  });

  it("grows when the answers of a cluster agree", () => {
    const xs = [1, 1, 1, 0, 0, 0];
    const { seIid, seMiller, seCr0 } = clusteredStandardError(xs, ["a", "a", "a", "b", "b", "b"]);
    expect(seMiller).toBeGreaterThan(seIid);
    expect(seCr0).toBeCloseTo(Math.sqrt(2 * 1.5 ** 2) / 6, 12);
  });
});
