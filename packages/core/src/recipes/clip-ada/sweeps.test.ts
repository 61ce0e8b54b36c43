import { describe, expect, it } from "vitest";
import { defectNames } from "../../data/synthetic/anomaly/synthesis-params.ts";
import { clipAdaEvaluateParams } from "../../stages/clip-ada-evaluate/definition.ts";
import { clipAda } from "./recipe.ts";
import { clipAdaSweeps } from "./sweeps.ts";

describe("CLIP-ADA's sweeps", () => {
  it("try every kind of defect alone and all of them together", () => {
    const { values } = clipAdaSweeps.synthesis.search.space.parameters.synthesis.kinds;
    for (const kind of defectNames) expect(values).toContainEqual([kind]);
    expect(values).toContainEqual([...defectNames]);
  });

  it("compare whole pictures with windows, which training hands on to the evaluation", () => {
    const { on, off } = clipAdaSweeps.maps.search.space.ablations.maps.axes.windows;
    expect([on, off]).toEqual([{ "detection.windowPx": 0 }, { "detection.windowPx": 128 }]);
    const stages = clipAda.stages(clipAda.params.parse({ detection: { windowPx: 128 } }), 1);
    const named = (name: string) => stages.find((stage) => stage.name === name)!;
    expect(named("train").params).toMatchObject({ detection: { windowPx: 128 } });
    // Null is the model's own.
    expect(clipAdaEvaluateParams.parse(named("evaluate").params).windowPx).toBeNull();
  });

  it("go from all of the data through 50, 10 and 5 % down to single pictures", () => {
    const { on, off, variants } = clipAdaSweeps["data-share"].search.space.ablations.data.axes.share;
    const settings: Record<string, unknown>[] = [on, off, ...Object.values(variants)];
    const given = (name: string) => settings.map((one) => one[name]).filter((value) => typeof value === "number");
    expect(given("data.few.percent").sort()).toEqual([10, 100, 5, 50]);
    expect(given("data.few.maxImages").sort()).toEqual([1, 2, 4, 8]);
  });
});
