import { describe, expect, it } from "vitest";
import { appendPoints, type CurvePoint, smoothed } from "./curve.ts";
import { curveGroups } from "./curve-groups.ts";

const exact = (step: number, value: number): CurvePoint => ({ step, min: value, max: value, last: value });

describe("appendPoints", () => {
  it("adds newer points in order and skips what is there already", () => {
    const curve = [exact(1, 5), exact(2, 4)];
    const fresh = [
      { step: 4, value: 2 },
      { step: 2, value: 99 },
      { step: 3, value: 3 },
      { step: 3, value: 3 },
    ];
    expect(appendPoints(curve, fresh, 100)).toEqual([exact(1, 5), exact(2, 4), exact(3, 3), exact(4, 2)]);
    expect(curve).toHaveLength(2);
  });

  it("halves a curve that has grown too long and loses no extreme", () => {
    const curve = appendPoints(
      [],
      [7, -1, 50, 3, 4].map((value, step) => ({ step, value })),
      2,
    );
    expect(curve).toEqual([{ step: 1, min: -1, max: 7, last: -1 }, { step: 3, min: 3, max: 50, last: 3 }, exact(4, 4)]);
  });

  it("stays bounded and keeps the extremes and the newest value of a long stream", () => {
    let curve: CurvePoint[] = [];
    const value = (step: number) => Math.sin(step) + (step === 1234 ? 100 : 0);
    for (let step = 0; step < 5_000; step += 5) {
      const fresh = Array.from({ length: 5 }, (_, offset) => ({ step: step + offset, value: value(step + offset) }));
      curve = appendPoints(curve, fresh, 200);
      expect(curve.length).toBeLessThanOrEqual(400);
    }
    expect(Math.max(...curve.map(({ max }) => max))).toBe(value(1234));
    expect(curve.at(-1)?.last).toBe(value(4_999));
  });
});

describe("smoothed", () => {
  it("leaves values alone at weight 0 and constants alone at any", () => {
    expect(smoothed([3, 1, 2], 0)).toEqual([3, 1, 2]);
    for (const value of smoothed([5, 5, 5], 0.9)) expect(value).toBeCloseTo(5, 12);
  });

  it("weighs as worked out by hand", () => {
    // weight 0.5: 4; (0.25*4 + 0.5*8) / 0.75; (0.125*4 + 0.25*8 + 0.5*0) / 0.875
    const [first, second, third] = smoothed([4, 8, 0], 0.5);
    expect(first).toBe(4);
    expect(second).toBeCloseTo(5 / 0.75, 12);
    expect(third).toBeCloseTo(2.5 / 0.875, 12);
  });

  it("goes on after a value that is not a number", () => {
    expect(smoothed([1, Number.NaN, 1], 0.5)).toEqual([1, Number.NaN, 1]);
  });
});

it("puts metrics that are read together on one pair of axes", () => {
  const groups = curveGroups(["gradNorm", "train/loss", "samplesPerSecond", "lr", "val/loss", "val/accuracy"]);
  expect(groups.map(({ title, keys }) => [title, keys])).toEqual([
    ["Loss", ["train/loss", "val/loss"]],
    ["Accuracy", ["val/accuracy"]],
    ["Learning rate", ["lr"]],
    ["Gradient norm", ["gradNorm"]],
    ["Samples per second", ["samplesPerSecond"]],
  ]);
});
