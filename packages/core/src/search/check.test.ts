import { describe, expect, it } from "vitest";
import { z } from "zod";
import { checkSpace } from "./check.ts";
import { expandPoints } from "./expand.ts";
import { checkSearch } from "./search.ts";
import type { SpaceInput } from "./space.ts";

const recipeParams = z.strictObject({
  training: z
    .strictObject({ lr: z.number().positive().max(1).default(0.1), steps: z.int().min(1).default(10) })
    .prefault({}),
  data: z
    .discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("a"), size: z.int().default(1) }),
      z.strictObject({ kind: z.literal("b") }),
    ])
    .prefault({ kind: "b" }),
  tags: z.record(z.string(), z.number()).default({}),
});
const choice = (...values: (string | number)[]) => ({ type: "choice" as const, values });
const lr = { type: "log" as const, min: 1e-4, max: 1, count: 3 };

describe("checkSpace", () => {
  it("accepts paths of the recipe, through unions and records", () => {
    const size = { ...choice(1, 2), when: { param: "data.kind", is: "a" } };
    const parameters = { training: { lr }, data: { kind: choice("a", "b"), size }, tags: { x: choice(1) } };
    expect(checkSpace({ parameters }, { schema: recipeParams }).seeds).toEqual([0]);
  });

  it("takes paths with dots for groups, alone and mixed", () => {
    const nested = { training: { lr, steps: choice(1, 2) }, data: { kind: choice("a", "b") } };
    const dotted = { "training.lr": lr, training: { steps: choice(1, 2) }, "data.kind": choice("a", "b") };
    const points = (parameters: SpaceInput) =>
      [...expandPoints(checkSpace({ parameters }, { schema: recipeParams }))].map(({ point }) => point);
    expect(points(dotted)).toEqual(points(nested));
  });

  it.each(["a b", "a..b", ".a", "a.__proto__.b"])("says what is wrong with the name %j", (name) => {
    expect(() =>
      checkSpace({ parameters: JSON.parse(`{${JSON.stringify(name)}:{"type":"choice","values":[1]}}`) }),
    ).toThrow(/no spaces, no empty parts/);
  });

  it.each([
    ["DUPLICATE_PARAMETER", { parameters: { training: { lr }, "training.lr": lr } }],
    ["DUPLICATE_PARAMETER", { parameters: { training: lr, "training.lr": lr } }],
    ["EMPTY_SPACE", {}],
    ["EMPTY_SPACE", { parameters: { training: { steps: choice() } } }],
    ["UNKNOWN_PARAMETER", { parameters: { training: { learningRate: lr } } }],
    ["UNKNOWN_PARAMETER", { parameters: { lr } }],
    ["UNKNOWN_PARAMETER", { parameters: { training: { lr: { a: lr } } } }],
    ["UNKNOWN_PARAMETER", { parameters: { training: { lr } }, constraints: ["training.steps < 3"] }],
    ["UNKNOWN_PARAMETER", { parameters: { training: { lr: { ...lr, when: { param: "x", is: 1 } } } } }],
    ["BAD_PARAMETER", { parameters: { training: { lr: { ...lr, max: 2 } } } }],
    ["BAD_PARAMETER", { parameters: { training: { steps: choice(1, 2, 3, "many") } } }],
    ["CONTRADICTION", { parameters: { training: { lr } }, constraints: ["training.lr > 5"] }],
    [
      "CONTRADICTION",
      { parameters: { training: { steps: choice(1, 2) } }, constraints: ["training.steps > 1", "training.steps < 2"] },
    ],
    ["BAD_SPACE", { parameters: { training: { lr: { type: "log", min: 0, max: 1 } } } }],
    ["BAD_SPACE", { parameters: { training: { lr } }, constraints: ["lr <"] }],
    ["BAD_SPACE", { parameters: { training: { lr } }, seeds: [1, 1] }],
    [
      "CYCLIC_CONDITION",
      {
        parameters: {
          training: {
            lr: { ...lr, when: { param: "training.steps", is: 1 } },
            steps: { ...choice(1), when: { param: "training.lr", is: 1 } },
          },
        },
      },
    ],
  ])("%s", (code, value) => {
    expect(() => checkSpace(value, { schema: recipeParams })).toThrow(
      expect.objectContaining({ name: "SpecError", code }),
    );
  });

  it("finds the single allowed point of a finite space", () => {
    const axis = { type: "int", min: 0, max: 99 };
    const constraints = ["a * 100 + b == 7341"];
    expect(checkSpace({ parameters: { a: axis, b: axis }, constraints }).constraints).toEqual(constraints);
  });

  it("names the place and the choices", () => {
    expect(() => checkSpace({ parameters: { training: { learningRate: lr } } }, { schema: recipeParams })).toThrow(
      /lr, steps.*learningRate.*training/,
    );
    expect(() => checkSpace({ parameters: { training: { lr: { type: "log", min: 0, max: 1 } } } })).toThrow(
      />0.*training\.lr\.min/,
    );
  });
});

describe("checkSearch", () => {
  const space = { parameters: { training: { lr } } };

  it("completes the parameters of sampler and pruner", () => {
    const search = checkSearch(
      { space, sampler: { kind: "tpe", params: { numStartup: 5 } }, maxPoints: 20, pruner: { kind: "asha" } },
      { schema: recipeParams },
    );
    expect(search.sampler.params).toMatchObject({ numStartup: 5, numCandidates: 24 });
    expect(search.pruner.params).toMatchObject({ eta: 3, rule: "stopping" });
    expect(checkSearch({ space })).toMatchObject({
      sampler: { kind: "grid" },
      pruner: { kind: "none" },
      maxPoints: null,
      mode: "max",
    });
  });

  it.each([
    ["NO_BUDGET", { space, maxPoints: 0 }],
    ["NO_BUDGET", { space, sampler: { kind: "random" } }],
    ["BAD_SEARCH", { space, sampler: { kind: "gradient" } }],
    ["BAD_SEARCH", { space, pruner: { kind: "asha", params: { eta: 1 } } }],
    ["BAD_SEARCH", { space, budget: 3 }],
    ["EMPTY_SPACE", { space: {} }],
  ])("%s", (code, value) => {
    expect(() => checkSearch(value)).toThrow(expect.objectContaining({ name: "SpecError", code }));
  });
});
