import { describe, expect, it } from "vitest";
import { clipAdaEvaluate } from "../../stages/clip-ada-evaluate/definition.ts";
import { clipAdaTrain } from "../../stages/clip-ada-train/definition.ts";
import type { StageDefinition } from "../../stages/stage.ts";
import { clipAda } from "./recipe.ts";

const imported = {
  source: "import",
  import: { weights: { source: "random", architecture: "vit-l-14-336", vocabulary: "bpe.txt" } },
};

/** GiB that training and evaluation ask for. */
function memoryOf(params: unknown): number[] {
  const stages = clipAda.stages(clipAda.params.parse(params), 1);
  const asked = <P>({ kind, params, resources }: StageDefinition<P>) =>
    resources(params.parse(stages.find((stage) => stage.kind === kind)!.params)).memoryBytes / 2 ** 30;
  return [asked(clipAdaTrain), asked(clipAdaEvaluate)];
}

describe("CLIP-ADA's memory", () => {
  it("is that of large towers where they are imported, unless it is given", () => {
    expect(memoryOf({})).toEqual([3, 2]);
    expect(memoryOf({ clip: imported })).toEqual([12, 12]);
    expect(memoryOf({ clip: imported, memoryGib: 4.5 })).toEqual([4.5, 4.5]);
    expect(memoryOf({ memoryGib: null })).toEqual([3, 2]);
  });
});
