import { describe, expect, it } from "vitest";
import { Rng } from "../../base/rng.ts";
import { isMmmuOpenRight, openCandidates, parseMmmuChoice } from "./mmmu.ts";

const options = { A: "a red apple", B: "a blue whale", C: "the sun" };
const rng = () => Rng.fromSeed(42).stream("mmmu");

describe("parseMmmuChoice", () => {
  it.each([
    ["B", "B"],
    ["B.", "B"],
    ["'C'", "C"],
    ["(A) or rather (C)", "C"],
    ["(A) and then B ", "A"],
    ["I think B beats A here", "A"],
    ["What is shown there must be a blue whale I believe", "B"],
  ])("reads %s", (answer, letter) => {
    expect(parseMmmuChoice(answer, options, rng())).toBe(letter);
  });

  it("draws from the seed when nothing is named", () => {
    const drawn = (seed: number) => parseMmmuChoice("no idea", options, Rng.fromSeed(seed));
    expect(drawn(1)).toBe(drawn(1));
    expect(new Set(Array.from({ length: 30 }, (_, seed) => drawn(seed)))).toEqual(new Set(["A", "B", "C"]));
    // The text of an option counts only in an answer of more than five words.
    const short = new Set(
      Array.from({ length: 30 }, (_, seed) => parseMmmuChoice("a blue whale", options, Rng.fromSeed(seed))),
    );
    expect(short.size).toBe(3);
  });
});

describe("open answers", () => {
  it("takes what follows an announcing word, and every number", () => {
    expect(openCandidates("The mass is 12.345 kg.")).toEqual(["12.345 kg", 12.35]);
    expect(openCandidates("x = 1,234")).toEqual([1234, 234]);
    expect(openCandidates("blue")).toEqual(["blue"]);
  });

  it.each([
    ["The result is 0.5", ["0.50"], true],
    ["the answer is Paris", ["paris"], true],
    ["it could be London", ["Paris"], false],
    ["7", ["7.0"], true],
    ["banana", ["a"], false],
    ["so 1,000 in all", ["1000"], true],
    ["No number", ["3"], false],
  ])("%s against %s: %s", (answer, truths, right) => {
    expect(isMmmuOpenRight(answer, truths as string[])).toBe(right);
  });
});
