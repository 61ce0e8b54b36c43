import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SpecError } from "../base/errors.ts";
import { type AshaOptions, asha, rankRung } from "./pruners/asha.ts";
import { grid } from "./samplers/grid.ts";
import { space } from "./space.ts";

describe("space", () => {
  it("accepts groups in groups and fills in defaults", () => {
    const parsed = space.parse({ optim: { rank: { type: "int", min: 1, max: 2 } } });
    expect(parsed).toEqual({ optim: { rank: { type: "int", min: 1, max: 2, step: 1 } } });
  });

  it.each([
    [{ lr: { type: "log", min: 0, max: 1, count: 2 } }, /min/],
    [{ lr: { type: "uniform", min: 2, max: 1, count: 2 } }, /min is at most max/],
    [{ lr: { type: "uniform", min: 0, max: 1, count: 2, steps: 3 } }, /steps/],
    [{ lr: { type: "normal", mean: 0 } }, /type/],
    [{ optim: { lr: 0.1 } }, /optim/],
  ])("refuses %j", (value, message) => {
    expect(() => space.parse(value)).toThrow(message);
  });
});

describe("grid", () => {
  it("is exact at both ends and has as many points as the product of its dimensions", () => {
    const points = grid(
      space.parse({ lr: { type: "log", min: 1e-5, max: 1e-2, count: 4 }, k: { type: "choice", values: ["a", "b"] } }),
    );
    expect(points).toHaveLength(8);
    expect(points[0]).toEqual({ lr: 1e-5, k: "a" });
    expect(points[7]).toEqual({ lr: 1e-2, k: "b" });
  });
});

describe("asha", () => {
  const options: AshaOptions = { eta: 2, minResource: 1, maxResource: 4, mode: "max" };

  it("halves", () => {
    const table = [
      [1, 5, 9],
      [2, 4, 1],
      [3, 3, 3],
      [0, 9, 9],
    ];
    const { resources, rungs, bestTrial } = asha(table, options);
    expect(resources).toEqual([1, 2, 4]);
    expect(rungs.map(({ evaluated, promoted }) => ({ evaluated, promoted }))).toEqual([
      { evaluated: [0, 1, 2, 3], promoted: [2, 1] },
      { evaluated: [1, 2], promoted: [1] },
      { evaluated: [1], promoted: [] },
    ]);
    expect(bestTrial).toBe(1);
  });

  it("never promotes a failed trial, nor one that was worse than one it left behind", () => {
    const value = fc.option(fc.integer({ min: -5, max: 5 }));
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 30 }),
        fc.constantFrom("max" as const, "min" as const),
        (all, mode) => {
          const { ranking, promoted } = rankRung(new Map(all.map((v, trial) => [trial, v])), { eta: 3, mode });
          expect([...ranking].sort((a, b) => a - b)).toEqual(all.map((_, trial) => trial));
          expect(promoted.length).toBeLessThanOrEqual(Math.floor(all.length / 3));
          const sign = mode === "max" ? 1 : -1;
          for (const kept of promoted) {
            expect(all[kept]).not.toBeNull();
            for (const left of ranking.filter((trial) => !promoted.includes(trial))) {
              if (all[left] != null) expect(sign * all[left]!).toBeLessThanOrEqual(sign * all[kept]!);
            }
          }
        },
      ),
    );
  });

  it("handles no trials and refuses a budget that does not grow", () => {
    expect(asha([], options)).toEqual({ resources: [1, 2, 4], rungs: [], bestTrial: null });
    expect(() => asha([[1]], { ...options, eta: 1 })).toThrow(SpecError);
    expect(() => asha([[1]], { ...options, maxResource: 0.5 })).toThrow(SpecError);
  });
});
