import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { z } from "zod";
import { countPoints } from "../expand.ts";
import { isActive, isAllowed, layoutOf } from "../layout.ts";
import { pointKey, valueAt } from "../point.ts";
import { type Point, type SearchSpace, type SearchSpaceInput, searchSpace } from "../space.ts";
import type { Trial, TrialStatus } from "../trial.ts";
import { type SamplerName, samplers } from "./index.ts";
import type { SamplerDefinition } from "./sampler.ts";
import { sobolUnit } from "./sobol.ts";

const names = Object.keys(samplers) as SamplerName[];

/** A sweep as a platform runs it: ask, store state as JSON, tell. */
class Sweep {
  readonly history: Trial[] = [];
  readonly #sampler: SamplerDefinition;
  readonly #space: SearchSpace;
  readonly #seed: number;
  #state: string;

  constructor(name: SamplerName, space: SearchSpaceInput, seed: number) {
    this.#sampler = samplers[name] as SamplerDefinition;
    this.#space = searchSpace.parse(space);
    this.#seed = seed;
    this.#state = JSON.stringify(this.#sampler.start);
  }

  ask(count: number) {
    const context = {
      layout: layoutOf(this.#space),
      params: (this.#sampler.params as z.ZodType).parse({}),
      seed: this.#seed,
      mode: "max" as const,
      history: this.history,
    };
    const asked = this.#sampler.ask(context, this.#sampler.state.parse(JSON.parse(this.#state)), count);
    this.#state = JSON.stringify(asked.state);
    const first = this.history.length;
    asked.points.forEach((point, index) => {
      this.history.push({
        trial: first + index,
        point,
        status: "pending",
        value: null,
        intermediates: [],
        samples: {},
      });
    });
    return asked;
  }

  tell(trial: number, status: TrialStatus, value: number | null) {
    this.history[trial] = { ...this.history[trial]!, status, value };
  }
}

const mixed: SearchSpaceInput = {
  parameters: {
    lr: { type: "log", min: 1e-5, max: 1e-1, count: 3 },
    drop: { type: "uniform", min: 0, max: 0.5, quantum: 0.05, count: 3 },
    optim: {
      kind: { type: "choice", values: ["sgd", "adamw"] },
      momentum: { type: "uniform", min: 0, max: 1, count: 2, when: { param: "optim.kind", is: "sgd" } },
    },
    layers: { type: "int", min: 1, max: 64, scale: "log", step: 21 },
  },
  ablations: {
    parts: { mode: "all-but-one", axes: { a: { off: { a: 0 }, on: { a: 1 } }, b: { off: { b: 0 }, on: { b: 1 } } } },
  },
  constraints: ["layers * lr < 3"],
};

/** Why a point is none of the space; null when it is. */
function problemOf(space: SearchSpaceInput, point: Point): string | null {
  const layout = layoutOf(searchSpace.parse(space));
  for (const leaf of layout.leaves) {
    if (leaf.target.kind === "ablation") continue;
    const value = valueAt(point, leaf.target.path);
    if (isActive(leaf, point) !== (value !== undefined)) return `${leaf.name} is there against its condition`;
    const { domain } = leaf;
    if (value === undefined || domain.kind === "categorical") continue;
    if (typeof value !== "number" || value < domain.min || value > domain.max)
      return `${leaf.name} = ${value} is out of bounds`;
    const steps = domain.lattice === null ? 0 : (value - domain.lattice.origin) / domain.lattice.step;
    if (Math.abs(steps - Math.round(steps)) > 1e-9) return `${leaf.name} = ${value} is between two steps`;
  }
  return isAllowed(layout, point) ? null : "a constraint is violated";
}

describe.each(names)("%s", (name) => {
  it("gives new points of the space, the same for the same seed, whatever the batches", () => {
    fc.assert(
      fc.property(
        fc.nat(1000),
        fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 3, maxLength: 6 }),
        (seed, batches) => {
          const [first, second] = [new Sweep(name, mixed, seed), new Sweep(name, mixed, seed)];
          for (const count of batches) {
            const { points } = first.ask(count);
            expect(points).toHaveLength(count);
            // The same number one at a time.
            for (let single = 0; single < count; single++) second.ask(1);
            for (const point of points) expect(problemOf(mixed, point)).toBeNull();
            for (const sweep of [first, second]) {
              const trial = sweep.history.length - 1;
              if (count > 0)
                sweep.tell(trial, trial % 3 === 0 ? "failed" : "succeeded", trial % 3 === 0 ? null : Math.sin(trial));
            }
            expect(second.history).toEqual(first.history);
          }
          expect(new Set(first.history.map(({ point }) => pointKey(point))).size).toBe(first.history.length);
        },
      ),
      { numRuns: 15 },
    );
  });

  it("gives every point of a finite space once, then ends", () => {
    const finite: SearchSpaceInput = {
      parameters: {
        a: { type: "choice", values: ["x", "y"] },
        b: { type: "int", min: 0, max: 5, when: { param: "a", is: "y" } },
        c: { type: "uniform", min: 0, max: 1, quantum: 0.25 },
      },
      constraints: ["b + c * 4 != 3"],
    };
    const { count } = countPoints(searchSpace.parse(finite));
    const sweep = new Sweep(name, finite, 5);
    let isExhausted = false;
    for (let batch = 0; batch < 20 && !isExhausted; batch++) {
      isExhausted = sweep.ask(4).exhausted;
      for (const { trial, status } of sweep.history) if (status === "pending") sweep.tell(trial, "succeeded", -trial);
    }
    expect(isExhausted).toBe(true);
    expect(new Set(sweep.history.map(({ point }) => pointKey(point))).size).toBe(count);
    expect(sweep.history).toHaveLength(count);
    expect(sweep.ask(3)).toMatchObject({ points: [], exhausted: true });
  });

  it("leaves out points that somebody else has added", () => {
    const sweep = new Sweep(name, { parameters: { a: { type: "int", min: 0, max: 3 } } }, 1);
    sweep.history.push({ trial: 0, point: { a: 2 }, status: "failed", value: null, intermediates: [], samples: {} });
    expect(
      sweep
        .ask(10)
        .points.map(({ a }) => a)
        .toSorted(),
    ).toEqual([0, 1, 3]);
  });

  it("refuses strange params", () => {
    expect(samplers[name].params.safeParse({ strange: 1 }).success).toBe(false);
  });
});

describe("grid", () => {
  it("walks on when a store has sorted the keys of the space", () => {
    const b = { type: "int" as const, min: 0, max: 2 };
    const a = { type: "int" as const, min: 0, max: 1 };
    const [declared, sorted] = [
      { b, a },
      { a, b },
    ].map((parameters) => layoutOf(searchSpace.parse({ parameters })));
    const context = { params: {}, seed: 0, mode: "max" as const };
    const first = samplers.grid.ask({ ...context, layout: declared!, history: [] }, samplers.grid.start, 4);
    const history = first.points.map(
      (point, trial): Trial => ({ trial, point, status: "running", value: null, intermediates: [], samples: {} }),
    );
    const rest = samplers.grid.ask({ ...context, layout: sorted!, history }, first.state, 10);
    expect(new Set([...first.points, ...rest.points].map(pointKey)).size).toBe(6);
    expect(rest).toMatchObject({ exhausted: true });
  });
});

describe("sobol", () => {
  // scipy 1.17.1: qmc.Sobol(64, scramble=False, bits=32).random(1024)
  it("is the sequence of Joe and Kuo", () => {
    const at = (index: number, dimensions: number[]) =>
      dimensions.map((dimension) => sobolUnit({ index, dimension, scramble: null }));
    expect([0, 1, 2, 3, 4, 5].map((index) => at(index, [0, 1, 2, 3, 4, 5]))).toEqual([
      [0, 0, 0, 0, 0, 0],
      [0.5, 0.5, 0.5, 0.5, 0.5, 0.5],
      [0.75, 0.25, 0.25, 0.25, 0.75, 0.75],
      [0.25, 0.75, 0.75, 0.75, 0.25, 0.25],
      [0.375, 0.375, 0.625, 0.875, 0.375, 0.125],
      [0.875, 0.875, 0.125, 0.375, 0.875, 0.625],
    ]);
    const far = [0, 1, 2, 10, 31, 63];
    expect(at(1000, far)).toEqual([0.2197265625, 0.0966796875, 0.5185546875, 0.0849609375, 0.1455078125, 0.4462890625]);
    expect(at(777, far)).toEqual([0.6923828125, 0.9365234375, 0.1630859375, 0.7451171875, 0.8994140625, 0.4267578125]);
  });

  it("stays a net when scrambled: of 2^(j+k) points one in each cell of 2^j by 2^k", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }), (x, y) => {
        for (const [rows, columns] of [
          [64, 1],
          [8, 8],
          [2, 32],
          [1, 64],
        ] as const) {
          const cells = Array.from({ length: 64 }, (_, index) => {
            const [u, v] = [
              sobolUnit({ index, dimension: 0, scramble: x }),
              sobolUnit({ index, dimension: 1, scramble: y }),
            ];
            return Math.floor(u * rows) * columns + Math.floor(v * columns);
          });
          expect(new Set(cells).size).toBe(64);
        }
      }),
      { numRuns: 30 },
    );
    expect(sobolUnit({ index: 0, dimension: 0, scramble: 7 })).not.toBe(
      sobolUnit({ index: 0, dimension: 0, scramble: 8 }),
    );
  });
});

describe("tpe", () => {
  const valley: SearchSpaceInput = {
    parameters: { x: { type: "uniform", min: 0, max: 1 }, k: { type: "choice", values: [0, 1, 2] } },
  };
  const run = (numTrials: number) => {
    const sweep = new Sweep("tpe", valley, 3);
    for (let trial = 0; trial < numTrials; trial++) {
      const { x, k } = sweep.ask(1).points[0]! as { x: number; k: number };
      sweep.tell(trial, "succeeded", -((x - 0.3) ** 2) - Math.abs(k - 1));
    }
    return sweep;
  };

  it("comes closer", () => {
    const late = run(60).history.slice(40);
    expect(late.filter(({ point }) => point.k === 1).length).toBeGreaterThan(14);
    const distances = late.map(({ point }) => Math.abs((point.x as number) - 0.3)).toSorted((a, b) => a - b);
    expect(distances[10]).toBeLessThan(0.1);
  });

  it("spreads a batch out, since points under way count as bad", () => {
    const xs = run(30)
      .ask(8)
      .points.map(({ x }) => x as number);
    const gaps = xs
      .toSorted((a, b) => a - b)
      .slice(1)
      .map((x, index) => x - xs.toSorted((a, b) => a - b)[index]!);
    expect(Math.max(...xs) - Math.min(...xs)).toBeGreaterThan(0.1);
    expect(Math.min(...gaps)).toBeGreaterThan(0);
  });

  it("goes where points do not fail", () => {
    const sweep = new Sweep("tpe", valley, 9);
    for (let trial = 0; trial < 60; trial++) {
      const { x } = sweep.ask(1).points[0]! as { x: number };
      if (x < 0.5) sweep.tell(trial, "failed", null);
      else sweep.tell(trial, "succeeded", 1);
    }
    expect(sweep.history.slice(30).filter(({ status }) => status === "succeeded").length).toBeGreaterThan(20);
  });
});
