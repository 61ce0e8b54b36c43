import type { LeaderboardRow } from "@retort/api";
import { expect, it } from "vitest";
import { boards, preferred } from "./standings.ts";

function row(configKey: string, condition: string, mean: number, dataset = "easy-vqa"): LeaderboardRow {
  const of = { configKey, condition, mean, dataset, min: mean - 0.01, max: mean + 0.01 };
  return {
    name: configKey,
    params: {},
    split: "test",
    metric: "vqaAccuracy",
    n: 3,
    std: 0.01,
    seeds: [0, 1, 2],
    runIds: ["a", "b", "c"],
    numSamples: 10,
    ...of,
  };
}

it("ranks configurations by their full rows and keeps controls under them", () => {
  const found = boards([
    row("b", "full", 0.96),
    row("a", "full", 0.93),
    row("a", "image-blanked", 0.66),
    row("b", "image-blanked", 0.37),
    row("b", "full", 0.8, "scenes"),
  ]);
  expect(
    found.map(({ dataset, standings }) => [
      dataset,
      standings.map(({ full, controls }) => [full.configKey, full.condition, controls.length]),
    ]),
  ).toEqual([
    [
      "easy-vqa",
      [
        ["b", "full", 1],
        ["a", "full", 1],
      ],
    ],
    ["scenes", [["b", "full", 0]]],
  ]);
  expect(found[0]!.lowest).toBeCloseTo(0.36, 12);
  expect(found[0]!.highest).toBeCloseTo(0.97, 12);
});

it("loses no control whose configuration has not been measured in full", () => {
  const [board] = boards([row("a", "image-blanked", 0.4)]);
  expect(board!.standings).toHaveLength(1);
  expect(board!.standings[0]!.full.condition).toBe("image-blanked");
});

it("puts the mean of several data sets before them", () => {
  const mean = { ...row("a", "full", 0.8, "mean of 2 categories"), numSamples: 0 };
  const given = [row("a", "full", 0.9, "screw"), mean, row("a", "full", 0.7, "bolt")];
  expect(boards(given).map(({ dataset }) => dataset)).toEqual(["mean of 2 categories", "bolt", "screw"]);
});

it("opens with the recipe measured last, else with the first that trains something", () => {
  const recipes = [{ name: "diagnostic" }, { name: "quickstart" }, { name: "llava-kd" }];
  const measured = [{ recipe: "llava-kd", title: "LLaVA-KD", measuredAt: new Date() }];
  expect(preferred(recipes, measured)).toBe("llava-kd");
  expect(preferred(recipes, [])).toBe("quickstart");
  // Not the first one for a moment, and then another.
  expect(preferred(recipes, undefined)).toBeNull();
  expect(preferred(undefined, measured)).toBeNull();
});
