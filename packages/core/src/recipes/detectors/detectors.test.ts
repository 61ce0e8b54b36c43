import { describe, expect, it } from "vitest";
import { clipAda } from "../clip-ada/recipe.ts";
import type { RecipeDefinition } from "../recipe.ts";
import { memoryBank, padim, patchcore, zeroShot } from "./detectors.ts";
import { publishedDetectors } from "./published.ts";

const peers: readonly RecipeDefinition[] = [patchcore, padim, memoryBank, zeroShot];
const data = { few: { percent: 10 } };

describe.each(peers)("the recipe $name", (recipe) => {
  const stages = (params: Record<string, unknown>) => recipe.stages(recipe.params.parse({ data, ...params }), 3);

  it("uses the very stages of CLIP-ADA for its towers, and for the tower after training", () => {
    const [towers, train] = clipAda.stages(clipAda.params.parse({ data }), 3);
    expect(stages({})[0]).toEqual(towers);
    const [ownTowers, ownTrain, detect] = stages({ tower: "after-clip-ada" });
    expect([ownTowers, ownTrain]).toEqual([towers, train]);
    expect(detect).toMatchObject({ inputs: { tower: { stage: "train", artifact: "tower" } } });
  });

  it("asks for as much memory as CLIP-ADA does where towers are imported", () => {
    const weights = { source: "random", architecture: "vit-b-16", vocabulary: "bpe.txt" };
    const clip = { source: "import", import: { weights } };
    const asked = clipAda.stages(clipAda.params.parse({ data, clip }), 3);
    const own = stages({ clip, tower: "after-clip-ada" });
    expect(own.slice(0, 2)).toEqual(asked.slice(0, 2));
    expect(own[2]).toMatchObject({ params: { memoryGib: 12 } });
    expect(stages({ clip, memoryGib: 5 })[1]).toMatchObject({ params: { memoryGib: 5 } });
    expect(stages({})[1]).toMatchObject({ params: { memoryGib: undefined } });
  });

  it("learns from the same pictures", () => {
    const [, detect] = stages({});
    expect(detect).toMatchObject({ params: { data: { few: { percent: 10 } }, setting: "unified" } });
  });
});

describe("publishedDetectors", () => {
  it("gives fractions with setting and source", () => {
    const rows = publishedDetectors("patchcore");
    expect(rows).toContainEqual({
      label: "PatchCore (unified)",
      dataset: "MVTec AD",
      metric: "pixelAp",
      value: 0.599,
      source: "ADer benchmark (github.com/zhangzjn/ADer), 100 epochs",
    });
    for (const { value } of publishedDetectors("few-shot", "padim", "unified", "zero-shot", "per-category")) {
      expect(value).toBeGreaterThan(0.15);
      expect(value).toBeLessThan(1);
    }
  });
});
