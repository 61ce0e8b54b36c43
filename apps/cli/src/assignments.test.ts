import { describe, expect, it } from "vitest";
import { parseAssignments } from "./assignments.ts";

describe("parseAssignments", () => {
  it("nests dotted keys and reads values as JSON where they are JSON", () => {
    expect(
      parseAssignments([
        "steps=200",
        "lr=3e-4",
        "model.dim=96",
        "model.name=small",
        "on=true",
        'tags=["a","b"]',
        "x=null",
      ]),
    ).toEqual({ steps: 200, lr: 3e-4, model: { dim: 96, name: "small" }, on: true, tags: ["a", "b"], x: null });
  });

  it("keeps text as it is, equal signs and all", () => {
    expect(parseAssignments(["path=/data/a=b", "empty=", 'quoted="12"'])).toEqual({
      path: "/data/a=b",
      empty: "",
      quoted: "12",
    });
  });

  it("reads as text what is one though it looks like a number", () => {
    const texts = new Set(["teacher.run"]);
    expect(parseAssignments(["teacher.run=12345e67", "seed=1e3"], { texts })).toEqual({
      teacher: { run: "12345e67" },
      seed: 1_000,
    });
  });

  it("takes the last of several values", () => {
    expect(parseAssignments(["steps=1", "steps=2"])).toEqual({ steps: 2 });
    expect(parseAssignments(['model={"dim":1,"heads":2}', "model.dim=3"])).toEqual({ model: { dim: 3, heads: 2 } });
  });

  it.each(["steps", "=5", "a..b=1", ".a=1", "__proto__.polluted=1"])("refuses %s", (assignment) => {
    expect(() => parseAssignments([assignment])).toThrow(expect.objectContaining({ exitCode: 2 }));
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it("refuses a key that is a value already", () => {
    expect(() => parseAssignments(["model=small", "model.dim=3"])).toThrow(/set to a value/);
  });
});
