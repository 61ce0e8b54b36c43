import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SpecError } from "../../base/errors.ts";
import { Rng } from "../../base/rng.ts";
import { layoutOf } from "../layout.ts";
import { populationParams, populationStep } from "../population.ts";
import { searchSpace } from "../space.ts";
import type { Mode, Trial } from "../trial.ts";
import { asyncPromotions } from "./halving.ts";
import { bracketOf, hyperbandBrackets } from "./hyperband.ts";
import { type PrunerName, pruners } from "./index.ts";
import type { PrunerDefinition } from "./pruner.ts";
import { halveTable, type RungOptions, rankRung } from "./rungs.ts";

const names = Object.keys(pruners) as PrunerName[];
const trialOf = (trial: number, values: (number | null)[], more: Partial<Trial> = {}): Trial => ({
  trial,
  point: { trial },
  status: "running",
  value: null,
  intermediates: values.map((value, index) => ({ step: index + 1, value })),
  samples: {},
  ...more,
});
const decide = (
  name: PrunerName,
  {
    trial,
    history,
    params = {},
    mode = "max",
    isOpen = false,
  }: { trial: Trial; history: Trial[]; params?: object; mode?: Mode; isOpen?: boolean },
) => {
  const pruner = pruners[name] as PrunerDefinition;
  return pruner.decide({ trial, history, params: pruner.params.parse(params), mode, isOpen });
};

describe.each(names)("%s", (name) => {
  const value = fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: -9, max: 9 }) },
    fc.constant(null),
    fc.constant(Number.NaN),
  );
  const samples = fc.dictionary(
    fc.constantFrom(..."abcdefghijklmnopqrst"),
    fc.oneof(fc.integer({ min: -9, max: 9 }), fc.constant(Number.NaN)),
    { noNullPrototype: true },
  );
  const status = fc.constantFrom("pending", "running", "paused", "succeeded", "failed", "cancelled", "pruned");
  const trials = fc.array(fc.record({ values: fc.array(value, { maxLength: 9 }), samples, status }), { maxLength: 12 });
  const rule = fc.constantFrom("stopping", "promotion", "synchronous");

  it("never stops the best, whatever the others did", () => {
    fc.assert(
      fc.property(
        trials,
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom<Mode>("max", "min"),
        rule,
        (others, numSteps, mode, rule) => {
          const best = mode === "max" ? 10 : -10;
          const scores = Object.fromEntries([..."abcdefghijklmnopqrst"].map((sample) => [sample, best]));
          const trial = trialOf(
            99,
            Array.from({ length: numSteps }, () => best),
            { samples: scores },
          );
          const history = [
            ...others.map(({ values, ...more }, index) => trialOf(index, values, more as Partial<Trial>)),
            trial,
          ];
          const params = name === "asha" || name === "hyperband" ? { rule } : {};
          const first = decide(name, { trial, history, params, mode });
          expect(first.action).not.toBe("stop");
          expect(decide(name, { trial, history: history.toReversed(), params, mode })).toEqual(first);
        },
      ),
    );
  });

  it("has an answer to a trial that has nothing, one that is alone, and one that is equal to all", () => {
    for (const values of [[], [1], [null, 1]]) {
      expect(decide(name, { trial: trialOf(0, values), history: [] }).action).not.toBe("stop");
    }
    const equal = Array.from({ length: 9 }, (_, index) =>
      trialOf(index, [1, 1, 1], { status: "succeeded", samples: { a: 1, b: 1 } }),
    );
    expect(["continue", "stop"]).toContain(decide(name, { trial: equal[8]!, history: equal }).action);
    expect(decide(name, { trial: equal[0]!, history: equal }).action).toBe("continue");
  });

  it("stops a trial that has diverged, except where nothing is stopped", () => {
    const trial = trialOf(0, [1, Number.NaN]);
    expect(decide(name, { trial, history: [trial] }).action).toBe(name === "none" ? "continue" : "stop");
  });

  it("refuses strange params", () => {
    expect(pruners[name].params.safeParse({ strange: 1 }).success).toBe(false);
  });
});

describe("median", () => {
  it("stops what is worse than the median at its step, ties go on", () => {
    const history = [1, 2, 3, 4, 5].map((value, index) => trialOf(index, [0, value]));
    expect(decide("median", { trial: trialOf(9, [0, 2]), history }).action).toBe("stop");
    expect(decide("median", { trial: trialOf(9, [0, 3]), history }).action).toBe("continue");
    expect(decide("median", { trial: trialOf(9, [9, 4]), history, mode: "min" }).action).toBe("stop");
    expect(decide("median", { trial: trialOf(9, [0, 2]), history, params: { numStartup: 6 } }).action).toBe("continue");
    expect(decide("median", { trial: trialOf(9, [0, 2]), history, params: { warmupSteps: 3 } }).action).toBe(
      "continue",
    );
  });
});

describe("halving", () => {
  const options: RungOptions = { eta: 2, minResource: 1, maxResource: 4, mode: "max" };

  it("halves a table", () => {
    const { resources, rungs, bestTrial } = halveTable(
      [
        [1, 5, 9],
        [2, 4, 1],
        [3, 3, 3],
        [0, 9, 9],
      ],
      options,
    );
    expect(resources).toEqual([1, 2, 4]);
    expect(rungs.map(({ evaluated, promoted }) => ({ evaluated, promoted }))).toEqual([
      { evaluated: [0, 1, 2, 3], promoted: [2, 1] },
      { evaluated: [1, 2], promoted: [1] },
      { evaluated: [1], promoted: [] },
    ]);
    expect(bestTrial).toBe(1);
  });

  it("never promotes a failed trial, nor one that was worse than one it left behind", () => {
    const values = fc.array(fc.option(fc.integer({ min: -5, max: 5 })), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(values, fc.constantFrom<Mode>("max", "min"), (all, mode) => {
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
      }),
    );
  });

  it("handles no trials and refuses a budget that does not grow", () => {
    expect(halveTable([], options)).toEqual({ resources: [1, 2, 4], rungs: [], bestTrial: null });
    expect(() => halveTable([[1]], { ...options, eta: 1 })).toThrow(SpecError);
    expect(() => halveTable([[1]], { ...options, maxResource: 0.5 })).toThrow(SpecError);
  });

  it("by the synchronous rule keeps what the table keeps", () => {
    const rng = Rng.fromSeed(4);
    const table = Array.from({ length: 27 }, () => Array.from({ length: 27 }, () => rng.uniform()));
    const { mode: _, ...params } = { ...options, eta: 3, maxResource: 27 };
    const { rungs } = halveTable(
      table.map((row) => [1, 3, 9, 27].map((step) => row[step - 1]!)),
      { ...options, eta: 3, maxResource: 27 },
    );
    let alive = table.map((_, trial) => trial);
    for (const { resource, evaluated, promoted } of rungs.slice(0, -1)) {
      expect(alive).toEqual(evaluated);
      const status = (trial: number) => (alive.includes(trial) ? "paused" : "pruned");
      const stopped = new Map<number, number>();
      for (const rung of rungs)
        for (const trial of rung.evaluated) stopped.set(trial, Math.min(resource, rung.resource));
      const rows = table.map((row, trial) =>
        trialOf(trial, row.slice(0, stopped.get(trial)), { status: status(trial) }),
      );
      const partial = rows.map((row) =>
        row.trial === alive[0] ? { ...row, intermediates: row.intermediates.slice(0, resource - 1) } : row,
      );
      expect(
        decide("asha", { trial: rows[alive[1]!]!, history: partial, params: { ...params, rule: "synchronous" } })
          .action,
      ).toBe("pause");
      alive = alive.filter(
        (trial) =>
          decide("asha", { trial: rows[trial]!, history: rows, params: { ...params, rule: "synchronous" } }).action ===
          "continue",
      );
      expect(alive).toEqual([...promoted].sort((a, b) => a - b));
    }
  });

  it("by the synchronous rule waits for trials that the sweep has not created yet", () => {
    const history = [3, 2, 1].map((value, index) => trialOf(index, [value]));
    const params = { rule: "synchronous" };
    const worst = { trial: history[2]!, history, params };
    expect(decide("asha", { ...worst, isOpen: true })).toMatchObject({
      action: "pause",
      reason: expect.stringContaining("trials to come"),
    });
    expect(decide("asha", worst).action).toBe("stop");
  });

  it("by the stopping rule looks at those that came so far", () => {
    const history = [3, 2, 1].map((value, index) => trialOf(index, [value]));
    expect(decide("asha", { trial: trialOf(5, [9]), history }).action).toBe("continue");
    expect(decide("asha", { trial: trialOf(5, [2.5]), history }).action).toBe("stop");
    expect(decide("asha", { trial: trialOf(5, [2.5]), history: history.slice(1) }).action).toBe("continue");
  });

  it("promotes as many as the trials of a rung allow, from the top rung down", () => {
    const paused = { status: "paused" as const };
    const four = [4, 1, 3, 2].map((value, index) => trialOf(index, [value], paused));
    expect(asyncPromotions(four.slice(0, 1), options)).toEqual([]);
    expect(asyncPromotions(four, options)).toEqual([0, 2]);
    const gone = [trialOf(0, [4, 5], paused), four[1]!, trialOf(2, [3, 6], paused), four[3]!];
    expect(asyncPromotions(gone, options)).toEqual([2]);
    expect(
      decide("asha", { trial: four[0]!, history: four.slice(0, 1), params: { eta: 2, rule: "promotion" } }).action,
    ).toBe("pause");
    expect(decide("asha", { trial: four[0]!, history: four, params: { eta: 2, rule: "promotion" } }).action).toBe(
      "continue",
    );
  });
});

describe("hyperband", () => {
  it("has the brackets of the paper for R = 81, eta = 3", () => {
    const brackets = hyperbandBrackets({ eta: 3, minResource: 1, maxResource: 81 });
    expect(brackets.map(({ numTrials, minResource }) => [numTrials, minResource])).toEqual([
      [81, 1],
      [34, 3],
      [15, 9],
      [8, 27],
      [5, 81],
    ]);
    expect([0, 80, 81, 114, 115, 138, 142, 143].map((trial) => bracketOf(trial, brackets))).toEqual([
      0, 0, 1, 1, 2, 4, 4, 0,
    ]);
  });

  it("waits for a bracket to fill, by the synchronous rule, and not for the next one", () => {
    const params = { rule: "synchronous", eta: 3, maxResource: 3 };
    // Brackets of 3 and 2 trials.
    const history = [3, 2, 1].map((value, index) => trialOf(index, [value]));
    const open = { params, isOpen: true };
    expect(decide("hyperband", { trial: history[1]!, history: history.slice(0, 2), ...open }).action).toBe("pause");
    expect(decide("hyperband", { trial: history[1]!, history, ...open }).action).toBe("stop");
  });

  it("refuses a first rung beyond the last one", () => {
    for (const name of ["asha", "hyperband"] as const) {
      expect(pruners[name].params.safeParse({ minResource: 10, maxResource: 5 }).error?.issues[0]).toMatchObject({
        path: ["maxResource"],
      });
    }
  });

  it("compares within a bracket only", () => {
    const history = Array.from({ length: 9 }, (_, index) => trialOf(index, [9, 9, 9]));
    expect(decide("hyperband", { trial: trialOf(10, [1, 1, 1]), history }).action).toBe("stop");
    expect(decide("hyperband", { trial: trialOf(90, [1, 1, 1]), history }).action).toBe("continue");
  });
});

describe("wilcoxon", () => {
  const scores = (values: number[]) => Object.fromEntries(values.map((value, index) => [`q${index}`, value]));
  const best = trialOf(0, [], { status: "succeeded", samples: scores(Array.from({ length: 12 }, (_, i) => 10 + i)) });

  it("stops what is worse sample by sample, by the exact test", () => {
    const worse = trialOf(1, [], { samples: scores(Array.from({ length: 12 }, (_, i) => 9.5 + i - i / 100)) });
    // All of 12 differences against it: p = 2^-12.
    expect(decide("wilcoxon", { trial: worse, history: [best] })).toMatchObject({
      action: "stop",
      reason: expect.stringContaining("0.00024"),
    });
    expect(decide("wilcoxon", { trial: worse, history: [best], mode: "min" }).action).toBe("continue");
    expect(decide("wilcoxon", { trial: worse, history: [best], params: { numLooks: 1000 } }).action).toBe("continue");
    expect(decide("wilcoxon", { trial: worse, history: [best], params: { minSamples: 13 } }).action).toBe("continue");
    expect(decide("wilcoxon", { trial: worse, history: [{ ...best, status: "running" }] }).action).toBe("continue");
  });

  it("stops equals about as often as its level says at one look, and oftener at many", () => {
    const rng = Rng.fromSeed(11);
    const draw = () => scores(Array.from({ length: 60 }, () => rng.normal()));
    let atOnce = 0;
    let atAny = 0;
    const firstOf = (all: Record<string, number>, count: number) =>
      Object.fromEntries(Object.entries(all).slice(0, count));
    for (let repeat = 0; repeat < 200; repeat++) {
      const history = [trialOf(0, [], { status: "succeeded", samples: draw() })];
      const own = draw();
      const stops = (count: number) =>
        decide("wilcoxon", { trial: trialOf(1, [], { samples: firstOf(own, count) }), history }).action === "stop";
      if (stops(60)) atOnce += 1;
      if ([10, 20, 30, 40, 50, 60].some(stops)) atAny += 1;
    }
    expect(atOnce).toBeGreaterThan(1);
    expect(atOnce).toBeLessThan(22);
    expect(atAny).toBeGreaterThan(atOnce);
  });
});

describe("population", () => {
  const space = searchSpace.parse({
    parameters: {
      lr: { type: "log", min: 1e-4, max: 1e-1 },
      k: { type: "choice", values: ["a", "b"] },
      n: { type: "int", min: 1, max: 9, when: { param: "k", is: "b" } },
    },
    constraints: ["lr < 0.05"],
  });
  const population = Array.from({ length: 10 }, (_, index) =>
    trialOf(index, [index], { point: { lr: 1e-2, k: "b", n: 5 } }),
  );
  const step = (trial: number, seed = 0) =>
    populationStep({
      layout: layoutOf(space),
      params: populationParams.parse({}),
      mode: "max",
      seed,
      trial,
      step: 1,
      population,
    });

  it("moves the worst to a point near one of the best, within the space", () => {
    const decisions = Array.from({ length: 50 }, (_, seed) => step(seed % 2, seed));
    for (const decision of decisions) {
      if (decision.action !== "exploit") throw new Error("the worst go on");
      expect([8, 9]).toContain(decision.source);
      const { lr, k, n } = decision.point;
      expect(lr).toBeLessThan(0.05);
      expect(lr).toBeGreaterThanOrEqual(1e-4);
      expect(n === undefined).toBe(k === "a");
    }
    expect(new Set(decisions.map((decision) => JSON.stringify(decision))).size).toBeGreaterThan(20);
    expect(step(0)).toEqual(step(0));
  });

  it("leaves the others alone, and a population too small to compare", () => {
    for (const trial of [2, 5, 9]) expect(step(trial)).toEqual({ action: "continue" });
    const few = {
      layout: layoutOf(space),
      params: populationParams.parse({}),
      mode: "max" as const,
      seed: 0,
      trial: 0,
      step: 1,
    };
    expect(populationStep({ ...few, population: population.slice(0, 3) })).toEqual({ action: "continue" });
    expect(populationStep({ ...few, step: 7, population })).toEqual({ action: "continue" });
  });
});
