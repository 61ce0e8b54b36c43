import { expect, it } from "vitest";
import { readSeeds } from "./seeds.ts";

it.each([
  ["0", [0]],
  ["1, 2,5", [1, 2, 5]],
  ["0-3 7", [0, 1, 2, 3, 7]],
  ["4 4 4-5", [4, 5]],
])("reads %j", (text, seeds) => expect(readSeeds(text)).toEqual({ seeds, problem: null }));

it.each([
  ["", /at least one/],
  ["a", /"a" is neither/],
  ["-1", /neither/],
  ["1.5", /neither/],
  ["5-2", /backwards/],
  ["0-99999", /At most 1000/],
  ["4294967296", /up to 2147483647/],
])("refuses %j", (text, problem) => expect(readSeeds(text).problem).toMatch(problem));
