import { describe, expect, it } from "vitest";
import { ProgressEstimate } from "./progress-estimate.ts";

function after(marks: [atMs: number, done: number][], total = 100) {
  const estimate = new ProgressEstimate();
  for (const [atMs, done] of marks) estimate.update({ done, total, unit: "steps" }, atMs);
  return estimate.current();
}

describe("ProgressEstimate", () => {
  it("divides what is left by the pace", () => {
    expect(
      after([
        [0, 0],
        [10_000, 20],
      ])?.secondsLeft,
    ).toBe(40);
  });

  it("does not take what an earlier attempt did for pace", () => {
    expect(
      after([
        [0, 50],
        [10_000, 60],
      ])?.secondsLeft,
    ).toBe(40);
  });

  it("follows the last minute when the pace changes", () => {
    const slowThenFast: [number, number][] = [
      [0, 0],
      [100_000, 10],
      [110_000, 20],
      [160_000, 70],
      [170_000, 80],
    ];
    expect(after(slowThenFast)?.secondsLeft).toBe(20);
  });

  it("says nothing before there is a pace, and nothing left at the end", () => {
    expect(after([])).toBeUndefined();
    expect(after([[0, 10]])?.secondsLeft).toBeNull();
    expect(
      after([
        [0, 10],
        [1_000, 100],
      ])?.secondsLeft,
    ).toBe(0);
  });

  it("begins anew with another unit", () => {
    const estimate = new ProgressEstimate();
    estimate.update({ done: 100, total: 100, unit: "steps" }, 0);
    estimate.update({ done: 10, total: 20, unit: "questions" }, 1_000);
    expect(estimate.current()?.secondsLeft).toBeNull();
    estimate.update({ done: 15, total: 20, unit: "questions" }, 2_000);
    expect(estimate.current()).toMatchObject({ done: 15, unit: "questions", secondsLeft: 1 });
  });
});
