import type { Evaluation } from "@retort/api";
import { describe, expect, it } from "vitest";
import { evaluationGroups, evaluationLabel, evaluationName } from "./conditions.ts";

const evaluation = (stageName: string, condition: string, imageAuroc: number, dataset = "tiles"): Evaluation => ({
  id: `${stageName}/${dataset}/${condition}`,
  stageId: stageName,
  stageName,
  dataset,
  split: "test",
  condition,
  numSamples: 4,
  metrics: { imageAuroc },
  createdAt: new Date(0),
});

describe("evaluationGroups", () => {
  it("puts the last stage's full evaluation first, and shows a control that stages measured alike once", () => {
    const [group, ...others] = evaluationGroups([
      evaluation("coarse", "full", 0.7),
      evaluation("coarse", "mean-brightness", 0.5),
      evaluation("chosen", "full", 0.8),
      evaluation("chosen", "mean-brightness", 0.5),
    ]);
    expect(others).toEqual([]);
    expect(group!.evaluations.map(({ id }) => id)).toEqual([
      "chosen/tiles/full",
      "coarse/tiles/full",
      "chosen/tiles/mean-brightness",
    ]);
    expect(group!.evaluations.map((each) => evaluationLabel(each, group!))).toEqual([
      "Full input, chosen",
      "Full input, coarse",
      "Control: mean brightness",
    ]);
  });

  it("keeps controls that differ apart, by their stages", () => {
    const [group] = evaluationGroups([
      evaluation("first", "image-blanked", 0.4),
      evaluation("second", "image-blanked", 0.6),
      evaluation("second", "full", 0.9),
    ]);
    expect(group!.evaluations.map((each) => evaluationName(each, group!))).toEqual([
      "Full input",
      "Image blanked, second",
      "Image blanked, first",
    ]);
    expect(evaluationLabel(group!.evaluations[2]!, group!)).toBe("Control: image blanked, first");
  });

  it("has a group for each data set, by name", () => {
    const groups = evaluationGroups([evaluation("e", "full", 1, "screw"), evaluation("e", "full", 1, "fabric")]);
    expect(groups.map(({ dataset }) => dataset)).toEqual(["fabric", "screw"]);
    expect(evaluationLabel(groups[0]!.evaluations[0]!, groups[0]!)).toBe("Full input");
  });
});
