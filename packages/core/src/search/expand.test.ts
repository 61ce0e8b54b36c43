import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { SpecError } from "../base/errors.ts";
import { parseConstraint } from "./constraint.ts";
import { countPoints, expandPoints } from "./expand.ts";
import { pointKey } from "./point.ts";
import { type Point, type SearchSpaceInput, searchSpace, space } from "./space.ts";

const expand = (value: SearchSpaceInput) => [...expandPoints(searchSpace.parse(value))];
const choice = (...values: (string | number | boolean)[]) => ({ type: "choice" as const, values });

describe("space", () => {
  it("accepts groups in groups and fills in defaults", () => {
    const parsed = space.parse({ optim: { rank: { type: "int", min: 1, max: 2 } } });
    expect(parsed).toEqual({ optim: { rank: { type: "int", min: 1, max: 2, step: 1, scale: "linear" } } });
  });

  it("tells a parameter named type from the type of a dimension", () => {
    expect(expand({ parameters: { loss: { type: choice("a", "b") } } }).map(({ point }) => point)).toEqual([
      { loss: { type: "a" } },
      { loss: { type: "b" } },
    ]);
  });

  it.each([
    [{ lr: { type: "log", min: 0, max: 1, count: 2 } }, /min/],
    [{ lr: { type: "uniform", min: 2, max: 1, count: 2 } }, /min is at most max/],
    [{ lr: { type: "uniform", min: 0, max: 1, count: 2, steps: 3 } }, /steps/],
    [{ lr: { type: "uniform", min: 0.1, max: 0.2, quantum: 0.5 } }, /no multiple/],
    [{ lr: { type: "normal", mean: 0 } }, /type/],
    [{ lr: { type: "choice", values: [1, 2, 1] } }, /repeat/],
    [{ optim: { lr: 0.1 } }, /optim/],
    [{ "optim..lr": choice(1) }, /no empty parts/],
  ])("refuses %j", (value, message) => {
    expect(() => space.parse(value)).toThrow(message);
  });

  it("has a JSON schema for forms, and survives JSON", () => {
    const schema = JSON.stringify(z.toJSONSchema(searchSpace, { io: "input" }));
    for (const name of ["choice", "quantum", "all-but-one", "when", "constraints", "seeds"])
      expect(schema).toContain(name);
    const parsed = searchSpace.parse({
      parameters: { a: choice("x"), b: { type: "group", when: { param: "a", is: "x" }, parameters: { c: choice(1) } } },
    });
    expect(searchSpace.parse(JSON.parse(JSON.stringify(parsed)))).toEqual(parsed);
  });
});

describe("expandPoints", () => {
  it("is exact at both ends and has as many points as the product of its dimensions", () => {
    const points = expand({ parameters: { lr: { type: "log", min: 1e-5, max: 1e-2, count: 4 }, k: choice("a", "b") } });
    expect(points).toHaveLength(8);
    expect(points[0]!.point).toEqual({ lr: 1e-5, k: "a" });
    expect(points[7]!.point).toEqual({ lr: 1e-2, k: "b" });
  });

  it("leaves out what a condition excludes, once, also when the condition is declared later", () => {
    const beta = { type: "int" as const, min: 1, max: 3, when: { param: "optim.kind", is: "adamw" } };
    const points = expand({ parameters: { optim: { beta, kind: choice("sgd", "adamw") }, seed: choice(0, 1) } });
    expect(points.map(({ point }) => point)).toEqual([
      { optim: { kind: "sgd" }, seed: 0 },
      { optim: { kind: "sgd" }, seed: 1 },
      ...[1, 2, 3].flatMap((b) => [0, 1].map((seed) => ({ optim: { kind: "adamw", beta: b }, seed }))),
    ]);
  });

  it("begins again anywhere", () => {
    const spec = searchSpace.parse({
      parameters: {
        a: choice("x", "y"),
        b: { type: "int", min: 0, max: 4, when: { param: "a", is: "y" } },
        c: choice(1, 2),
      },
      constraints: ["c + b != 3"],
    });
    const all = [...expandPoints(spec)];
    expect(all).toHaveLength(2 + 10 - 2);
    for (const [position, { index }] of all.entries()) {
      expect([...expandPoints(spec, { from: index })]).toEqual(all.slice(position));
    }
    expect(countPoints(spec)).toEqual({ count: 10, complete: true });
    expect(countPoints(spec, { limit: 3 })).toEqual({ count: 3, complete: false });
  });

  it("counts and begins spaces far too large for memory", () => {
    const axis = { type: "int" as const, min: 1, max: 1_000 };
    const spec = searchSpace.parse({ parameters: { a: axis, b: axis, c: axis, d: axis } });
    expect(countPoints(spec).count).toBe(1e12);
    expect(expandPoints(spec, { from: 1e12 - 1 }).next().value).toMatchObject({
      point: { a: 1000, b: 1000, c: 1000, d: 1000 },
    });
  });

  it("refuses a continuum without count", () => {
    expect(() => expand({ parameters: { lr: { type: "uniform", min: 0, max: 1 } } })).toThrow(
      expect.objectContaining({ code: "GRID_NEEDS_COUNT", where: "lr" }),
    );
  });

  it("gives every point once, whatever the space", () => {
    const dimension = fc.oneof(
      fc.uniqueArray(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 3 }).map((v) => choice(...v)),
      fc
        .record({ min: fc.integer({ min: 0, max: 3 }), step: fc.integer({ min: 1, max: 3 }) })
        .map(({ min, step }) => ({ type: "int" as const, min, max: 5, step })),
    );
    const spaces = fc.tuple(fc.array(dimension, { minLength: 1, maxLength: 4 }), fc.integer({ min: 0, max: 9 })).map(
      ([dimensions, is]): SearchSpaceInput => ({
        parameters: Object.fromEntries(
          dimensions.map((each, index) => [
            `p${index}`,
            index === 0 ? each : { ...each, when: { param: `p${index - 1}`, is } },
          ]),
        ),
      }),
    );
    fc.assert(
      fc.property(spaces, (value) => {
        const points = expand(value);
        expect(new Set(points.map(({ point }) => pointKey(point))).size).toBe(points.length);
        expect(countPoints(searchSpace.parse(value)).count).toBe(points.length);
      }),
    );
  });
});

describe("ablations", () => {
  const axes = {
    mdist: { off: { "loss.mdist": 0 }, on: { "loss.mdist": 1 }, variants: { weak: { "loss.mdist": 0.1 } } },
    rdist: { off: { "loss.rdist": 0 }, on: { "loss.rdist": 0.5 } },
    kd: { off: { stages: ["pt", "ft"] }, on: { stages: ["pt", "kd", "ft"] } },
  };
  const labels = (mode: "all-but-one" | "one-at-a-time" | "factorial") =>
    expand({ ablations: { parts: { mode, axes } } }).map((each) => each.labels.parts);

  it("takes away one at a time, adds one at a time, or combines", () => {
    expect(labels("all-but-one")).toEqual(["full", "without mdist", "mdist=weak", "without rdist", "without kd"]);
    expect(labels("one-at-a-time")).toEqual(["none", "only mdist", "mdist=weak", "only rdist", "only kd"]);
    expect(new Set(labels("factorial")).size).toBe(12);
  });

  it("writes the values of each row beside other parameters", () => {
    const [full, , without] = expand({
      parameters: { lr: choice(1, 2) },
      ablations: { parts: { mode: "all-but-one", axes: { rdist: axes.rdist } } },
    }).map(({ point }) => point);
    expect(full).toEqual({ lr: 1, loss: { rdist: 0.5 } });
    expect(without).toEqual({ lr: 2, loss: { rdist: 0.5 } });
  });

  it("refuses two that set one parameter", () => {
    const twice = { mode: "factorial" as const, axes: { a: axes.rdist, b: axes.rdist } };
    expect(() => expand({ ablations: { twice } })).toThrow(expect.objectContaining({ code: "DUPLICATE_PARAMETER" }));
    const parts = { mode: "factorial" as const, axes: { a: axes.rdist } };
    expect(() => expand({ parameters: { loss: choice(1) }, ablations: { parts } })).toThrow(/decided twice/);
  });
});

describe("constraints", () => {
  const point: Point = { a: 2, b: { c: 3, "w-d": 0.5 }, kind: "sgd", sizes: [1, 2], off: false };

  it.each([
    ["a * b.c <= 6", true],
    ["a ** 2 > b.c + 1", false],
    ['b["w-d"] == 0.5 && !off', true],
    ['kind == "adamw" || a % 2 == 0', true],
    ["sizes == [1, 2]", true],
    ['oneOf(kind, "sgd", "lion") ? a < b.c : false', true],
    ["max(a, b.c, 1) == 3", true],
    ["missing < 0", true],
    ["has(missing) || a > 5", false],
    ["has(b.c) && log2(a) == 1", true],
  ])("%s is %s", (text, expected) => {
    expect(parseConstraint(text).allows(point)).toBe(expected);
  });

  it.each([
    "a <",
    "a < 1; a > 2",
    "a = 2",
    "1 < 2",
    "constructor.constructor('x')()",
    "eval(a)",
    "this.a < 1",
    "a[b] < 1",
    "[].a < 1",
    "a.b() < 1",
    "~a < 1",
    "a | 1",
    "toString(a)",
  ])("refuses %s", (text) => {
    expect(() => parseConstraint(text)).toThrow(expect.objectContaining({ code: "BAD_CONSTRAINT" }));
  });

  it("sees own properties only, and says when values cannot be compared", () => {
    expect(parseConstraint("constructor.name == 1").allows(point)).toBe(true);
    expect(parseConstraint("__proto__.x == 1").allows(point)).toBe(true);
    expect(() => parseConstraint("kind < 1").allows(point)).toThrow(SpecError);
    expect(() => parseConstraint("a + 1").allows(point)).toThrow(/not true or false/);
    expect(() => parseConstraint("a / (a - 2) > 1").allows(point)).toThrow(/gives Infinity/);
  });
});
