import { expect, it } from "vitest";
import { differingParams } from "./differences.ts";

it("names what differs, and nothing else", () => {
  const runs = [
    { params: { lr: 0.1, data: { kind: "a", size: 3 }, colors: ["red"] } },
    { params: { lr: 0.2, data: { kind: "a" }, colors: ["red"] } },
    { params: { lr: 0.1, data: { kind: "a", size: 3 }, colors: ["red", "blue"] } },
  ];
  expect(differingParams(runs)).toEqual([
    { path: "lr", values: [0.1, 0.2, 0.1] },
    { path: "data.size", values: [3, undefined, 3] },
    { path: "colors", values: [["red"], ["red"], ["red", "blue"]] },
  ]);
  expect(differingParams([runs[0]!, runs[0]!])).toEqual([]);
});
