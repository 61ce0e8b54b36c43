import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DataError } from "../../base/errors.ts";
import { aupro } from "./aupro.ts";
import { auroc } from "./auroc.ts";
import { averagePrecision } from "./average-precision.ts";
import { connectedComponents } from "./connected-components.ts";
import { f1Max } from "./f1-max.ts";
import { orderKeys } from "./order-keys.ts";
import { PixelRanker } from "./pixel-ranker.ts";
import { pixelScores, pixelScoresOf } from "./pixel-scores.ts";
import { radixSort, radixSortPairs } from "./radix-sort.ts";
import type { ScoredSamples } from "./ranking.ts";

const rankingMetrics = { auroc, averagePrecision, f1Max };

/** Samples of both classes, with many ties. */
const samples = fc
  .array(
    fc.record({ score: fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ noNaN: true })), label: fc.boolean() }),
    {
      minLength: 2,
      maxLength: 60,
    },
  )
  .filter((rows) => rows.some(({ label }) => label) && rows.some(({ label }) => !label));
type Row = { score: number; label: boolean };
const scored = (rows: readonly Row[]): ScoredSamples => ({
  scores: rows.map(({ score }) => score),
  labels: rows.map(({ label }) => label),
});

describe("auroc, averagePrecision and f1Max", () => {
  it("agree with a case computed by hand", () => {
    // By score: 0.8+ 0.6- 0.6+ 0.4- ; pairs: (0.8>0.6, 0.8>0.4, 0.6=0.6 half, 0.6>0.4) = 3.5 of 4.
    const input = { scores: [0.6, 0.8, 0.4, 0.6], labels: [0, 1, 0, 1] };
    expect(auroc(input)).toBe(3.5 / 4);
    // Thresholds 0.8: P 1, R 1/2; 0.6: P 2/3, R 1.
    expect(averagePrecision(input)).toBeCloseTo(0.5 + 0.5 * (2 / 3), 12);
    expect(f1Max(input)).toBe(0.8);
  });

  it.each(Object.entries(rankingMetrics))("%s is 1 for a perfect ranking and refuses one class", (_, metric) => {
    expect(metric({ scores: [3, 2, 1], labels: [1, 1, 0] })).toBe(1);
    for (const labels of [[0, 0], [1, 1], []]) {
      expect(() => metric({ scores: labels.map(() => 1), labels })).toThrow(DataError);
    }
    expect(() => metric({ scores: [1, Number.NaN], labels: [0, 1] })).toThrow(/score 1/);
    expect(() => metric({ scores: Float32Array.of(1, Number.NaN), labels: [0, 1] })).toThrow(/score 1/);
    expect(() => metric({ scores: [1, 2], labels: [0, 2] })).toThrow(/label 1/);
    expect(() => metric({ scores: [1, 2], labels: [0] })).toThrow(/same number/);
  });

  it("take constant scores for chance", () => {
    const constant = { scores: [5, 5, 5, 5, 5], labels: [1, 0, 0, 0, 1] };
    expect(auroc(constant)).toBe(0.5);
    expect(averagePrecision(constant)).toBe(0.4);
    expect(f1Max(constant)).toBeCloseTo(4 / 7, 12);
  });

  it.each(Object.entries(rankingMetrics))(
    "%s lies in [0, 1] and does not depend on the order of samples",
    (_, metric) => {
      fc.assert(
        fc.property(samples, fc.infiniteStream(fc.nat()), (rows, keys) => {
          const order = rows.map((row) => ({ row, key: keys.next().value as number })).sort((a, b) => a.key - b.key);
          const value = metric(scored(rows));
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(1);
          expect(metric(scored(order.map(({ row }) => row)))).toBe(value);
        }),
      );
    },
  );

  it.each(Object.entries(rankingMetrics))("%s depends on the order of scores alone", (_, metric) => {
    fc.assert(
      fc.property(samples, (rows) => {
        const distinct = [...new Set(rows.map(({ score }) => score + 0))].sort((a, b) => a - b);
        const ranked = rows.map(({ score, label }) => ({ score: distinct.indexOf(score + 0) ** 3 - 40, label }));
        expect(metric(scored(ranked))).toBe(metric(scored(rows)));
      }),
    );
  });

  it("auroc equals the share of ordered pairs, and turns over with the labels", () => {
    fc.assert(
      fc.property(samples, (rows) => {
        let pairs = 0;
        let ordered = 0;
        for (const a of rows) {
          for (const b of rows) {
            if (!a.label || b.label) continue;
            pairs++;
            ordered += a.score > b.score ? 1 : a.score === b.score ? 0.5 : 0;
          }
        }
        expect(auroc(scored(rows))).toBeCloseTo(ordered / pairs, 12);
        const turned = rows.map(({ score, label }) => ({ score, label: !label }));
        expect(auroc(scored(turned))).toBeCloseTo(1 - ordered / pairs, 12);
      }),
    );
  });
});

describe("orderKeys", () => {
  it("orders as numbers do, with 0 equal to -0", () => {
    const anyScores = fc.array(
      fc.oneof(fc.float({ noNaN: true }), fc.double({ noNaN: true }), fc.constantFrom(0, -0, 1, -1)),
    );
    fc.assert(
      fc.property(anyScores, (scores) => {
        for (const keys of [orderKeys(scores), orderKeys(Float64Array.from(scores))]) {
          for (let i = 0; i < scores.length; i++) {
            for (let j = 0; j < scores.length; j++) {
              expect(Math.sign(keys[i]! - keys[j]!)).toBe(
                scores[i]! > scores[j]! ? 1 : scores[i]! < scores[j]! ? -1 : 0,
              );
            }
          }
        }
      }),
    );
  });
});

function random(length: number, seed: number): Uint32Array {
  let state = seed;
  return Uint32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state;
  });
}

describe("radixSort", () => {
  it.each([
    ["spread", (key: number) => key],
    ["in a narrow range", (key: number) => 0x3f800000 + (key >>> 12)],
    ["of two values", (key: number) => (key >>> 31) * 0xffffffff],
    ["mostly equal", (key: number) => (key % 100 === 0 ? key : 7)],
    ["all equal", () => 42],
  ])("sorts keys %s as the platform does, with a buffer or dealt out in place", (_, shape) => {
    const keys = random(20_000, 3).map(shape);
    const expected = keys.slice().sort();
    for (const bufferLength of [1 << 20, 600]) {
      const sorted = keys.slice();
      radixSort(sorted, bufferLength);
      expect(sorted).toEqual(expected);
    }
  });

  it("keeps companions with their keys", () => {
    fc.assert(
      fc.property(fc.uint32Array({ maxLength: 300 }), (values) => {
        const keys = Uint32Array.from(values);
        const companions = Uint32Array.from(values, (_, index) => index);
        radixSortPairs(keys, companions);
        expect(keys).toEqual(Uint32Array.from(values).sort());
        expect(Uint32Array.from(companions, (index) => values[index]!)).toEqual(keys);
        expect(new Set(companions).size).toBe(values.length);
      }),
    );
  });
});

describe("PixelRanker", () => {
  it("ranks images of any sizes as if they were one", () => {
    const scores = Float32Array.from(random(90, 5), (key) => (key >>> 24) / 8);
    const mask = Uint8Array.from({ length: 30 }, (_, at) => Number(at % 7 < 2));
    const ranker = new PixelRanker(90);
    ranker.add({ map: scores.subarray(0, 60), mask: null, width: 10, height: 6 });
    ranker.add({ map: scores.subarray(60), mask, width: 6, height: 5 });
    const masks = Uint8Array.from([...new Uint8Array(60), ...mask]);
    const labels = [...masks];
    const found = pixelScoresOf(ranker.rank("test"));
    expect(found.auroc).toBe(auroc({ scores, labels }));
    expect(found.averagePrecision).toBe(averagePrecision({ scores, labels }));
    expect(found.aupro).toBe(aupro({ maps: scores, masks, width: 6, height: 5 }).value);
    expect(() => new PixelRanker(9).add({ map: scores, mask: null, width: 3, height: 3 })).toThrow(DataError);
    expect(() => new PixelRanker(89).add({ map: scores, mask: null, width: 10, height: 9 })).toThrow(RangeError);
  });
});

describe("connectedComponents", () => {
  const components = (rows: string[]) =>
    connectedComponents(
      Uint8Array.from(rows.join(""), (c) => (c === "#" ? 1 : 0)),
      rows[0]!.length,
      rows.length,
    );

  it("joins diagonal neighbours and late meetings", () => {
    expect(components(["#.#", ".#.", "..."]).sizes).toEqual([3]);
    expect(components(["#.#.#", "#.#.#", "#####"]).sizes).toEqual([11]);
    expect(components(["..#", ".#.", "#.."]).sizes).toEqual([3]);
    expect(components(["##..", "....", "..##"]).sizes).toEqual([2, 2]);
    expect(components(["...."]).sizes).toEqual([]);
  });

  it("agrees with a flood fill", () => {
    const width = 9;
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: width, maxLength: 90 }), (pixels) => {
        const height = Math.floor(pixels.length / width);
        const mask = Uint8Array.from(pixels.slice(0, width * height), Number);
        const { labels, sizes } = connectedComponents(mask, width, height);
        const filled = floodFill(mask, width, height);
        expect(sizes.length).toBe(new Set(filled.filter((id) => id > 0)).size);
        const pairs = new Set(filled.map((id, at) => `${id} ${labels[at]}`));
        expect(pairs.size).toBe(new Set(filled).size);
        const counted = sizes.map((_, index) => labels.filter((label) => label === index + 1).length);
        expect(counted).toEqual(sizes);
      }),
    );
  });
});

function floodFill(mask: Uint8Array, width: number, height: number): number[] {
  const ids = new Array<number>(mask.length).fill(0);
  let count = 0;
  mask.forEach((value, start) => {
    if (value === 0 || ids[start] !== 0) return;
    count++;
    const open = [start];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (mask[at] === 0 || ids[at] !== 0) continue;
      ids[at] = count;
      const x = at % width;
      const y = Math.floor(at / width);
      for (const dy of [-1, 0, 1]) {
        for (const dx of [-1, 0, 1]) {
          if (x + dx >= 0 && x + dx < width && y + dy >= 0 && y + dy < height) open.push(at + dy * width + dx);
        }
      }
    }
  });
  return ids;
}

describe("aupro", () => {
  it("agrees with a case computed by hand", () => {
    // One row: normal pixels 0.1 0.2 0.3 0.9, a region of two (0.8, 0.15) and one of one (0.5).
    const images = {
      maps: Float32Array.of(0.8, 0.15, 0.1, 0.5, 0.9, 0.2, 0.3),
      masks: Uint8Array.of(1, 1, 0, 1, 0, 0, 0),
      width: 7,
      height: 1,
    };
    // 0.9: FPR 1/4 PRO 0; 0.8: PRO 1/4; 0.5: PRO 3/4; 0.3: FPR 1/2, PRO 3/4; 0.2: FPR 3/4; 0.15: PRO 1; 0.1: FPR 1.
    expect(aupro(images, { limit: 0.5 })).toEqual({ value: (0.25 * 0.75) / 0.5, numRegions: 2 });
    expect(aupro(images, { limit: 1 }).value).toBeCloseTo(0.25 * 0.75 + 0.25 * 0.75 + 0.25 * 1, 12);
    expect(aupro(images, { limit: 0.375 }).value).toBeCloseTo((0.125 * 0.75) / 0.375, 12);
  });

  it("weighs a small region like a large one", () => {
    const masks = Uint8Array.of(1, 1, 1, 1, 0, 1, 0, 0);
    const found = (maps: number[]) => aupro({ maps, masks, width: 8, height: 1 }, { limit: 0.5 }).value;
    expect(found([9, 9, 9, 9, 1, 0, 1, 1])).toBeCloseTo(found([0, 0, 0, 0, 1, 9, 1, 1]), 12);
  });

  it("keeps regions of neighbouring images apart", () => {
    const images = { maps: [3, 4, 1, 2], masks: Uint8Array.of(0, 1, 1, 0), width: 2, height: 1 };
    expect(aupro(images).numRegions).toBe(2);
  });

  it("does not depend on the order of images or a monotone change of scores", () => {
    const width = 6;
    const image = fc.record({
      map: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 36, maxLength: 36 }),
      mask: fc.array(fc.boolean(), { minLength: 36, maxLength: 36 }),
    });
    fc.assert(
      fc.property(
        fc.array(image, { minLength: 1, maxLength: 4 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (all, limit) => {
          const score = (images: typeof all, change: (score: number) => number) =>
            aupro(
              {
                maps: images.flatMap(({ map }) => map.map(change)),
                masks: Uint8Array.from(images.flatMap(({ mask }) => mask.map(Number))),
                width,
                height: width,
              },
              { limit },
            ).value;
          const flat = all.flatMap(({ mask }) => mask);
          fc.pre(flat.includes(true) && flat.includes(false));
          const value = score(all, (s) => s);
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(1 + 1e-12);
          expect(score([...all].reverse(), (s) => s)).toBeCloseTo(value, 10);
          expect(score(all, (s) => s ** 3 - 500)).toBeCloseTo(value, 10);
        },
      ),
    );
  });

  it("refuses what has no curve", () => {
    const images = { maps: [1, 2, 3, 4], masks: Uint8Array.of(0, 0, 1, 0), width: 2, height: 2 };
    expect(() => aupro({ ...images, masks: new Uint8Array(4) })).toThrow(DataError);
    expect(() => aupro({ ...images, masks: new Uint8Array(4).fill(1) })).toThrow(DataError);
    expect(() => aupro({ ...images, width: 3 })).toThrow(/whole images/);
    expect(() => aupro({ ...images, maps: [1, 2] })).toThrow(/same number/);
    expect(() => aupro(images, { limit: 0 })).toThrow(/out of range/);
    expect(() => aupro(images, { limit: 1.1 })).toThrow(/out of range/);
  });
});

describe("pixelScores", () => {
  it("gives from one sort what the metrics give one by one", () => {
    const maps = Float32Array.from({ length: 200 }, (_, index) => ((index * 37) % 23) / 7);
    const masks = Uint8Array.from(maps, (score, index) => (index % 3 === 0 && score > 1 ? 255 : 0));
    const labels = Uint8Array.from(masks, (value) => (value ? 1 : 0));
    const images = { maps, masks, width: 10, height: 10 };
    const { value, numRegions } = aupro(images);
    expect(pixelScores(images)).toEqual({
      auroc: auroc({ scores: maps, labels }),
      averagePrecision: averagePrecision({ scores: maps, labels }),
      f1Max: f1Max({ scores: maps, labels }),
      aupro: value,
      numRegions,
    });
  });
});
