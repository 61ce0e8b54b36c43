import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "./canonical-json.ts";
import { SpecError } from "./errors.ts";

describe("canonicalJson", () => {
  it("sorts keys at every depth and leaves lists in order", () => {
    expect(canonicalJson({ b: [{ d: 1, c: 2 }, 1], a: null, ä: "x" })).toBe('{"a":null,"b":[{"c":2,"d":1},1],"ä":"x"}');
  });

  it("leaves out undefined members and writes -0 as 0", () => {
    expect(canonicalJson({ a: undefined, b: -0 })).toBe('{"b":0}');
  });

  it("gives one text for one value, and parses back to it", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it("gives one text for any order of the keys", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        expect(canonicalJson(Object.fromEntries(Object.entries(value).reverse()))).toBe(canonicalJson(value));
      }),
    );
  });

  it.each([
    ["NaN", { a: [Number.NaN] }, "$.a[0]"],
    ["infinity", { a: Number.POSITIVE_INFINITY }, "$.a"],
    ["a date", { at: new Date(0) }, "$.at"],
    ["a bigint", { n: 1n }, "$.n"],
    ["undefined in a list", [undefined], "$[0]"],
    ["a map", { m: new Map() }, "$.m"],
  ])("refuses %s and says where it is", (_, value, where) => {
    expect(() => canonicalJson(value)).toThrow(expect.objectContaining({ code: "NOT_CANONICAL", where }));
    expect(() => canonicalJson(value)).toThrow(SpecError);
  });
});
