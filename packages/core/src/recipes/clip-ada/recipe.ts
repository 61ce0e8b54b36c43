import type { StageSpec } from "../../stages/stage.ts";
import { publishedDetectors } from "../detectors/published.ts";
import type { RecipeDefinition } from "../recipe.ts";
import { type ClipAdaRecipeParams, clipAdaRecipeParams } from "./params.ts";
import { clipAdaPublished } from "./published.ts";
import { settingsOf } from "./settings.ts";
import { clipAdaSweeps } from "./sweeps.ts";
import { towersMemoryGib, towersStage } from "./towers.ts";

/** One prompt-adapted CLIP finds anomalies in every category. */
export const clipAda = {
  name: "clip-ada",
  title: "CLIP-ADA",
  summary:
    "Learns a pair of prompts on synthetic anomalies in normal pictures and finds defects by comparing patches with them; one model " +
    "for all categories. Two regimes: frozen (imported CLIP, as in the paper) and small tower trained here.",
  params: clipAdaRecipeParams,
  headline: { metric: "imageAuroc", label: "Image AUROC", unit: "fraction", higherIsBetter: true },
  published: [...clipAdaPublished, ...publishedDetectors("unified", "per-category")],
  sweeps: clipAdaSweeps,
  stages(params: ClipAdaRecipeParams, seed: number): StageSpec[] {
    const { clip, setting, compareRefinement, numSampleImages, memoryGib: given, ...forTraining } = params;
    const { threads, device } = forTraining;
    const memoryGib = towersMemoryGib(clip, given);
    const models = settingsOf(params.data, setting).flatMap(({ suffix, data }): StageSpec[] => {
      const evaluate = (name: string, refinement: string): StageSpec => ({
        name: `${name}${suffix}`,
        kind: "clip-ada-evaluate",
        params: { data: { ...data, few: undefined }, refinement, numSampleImages, device, memoryGib },
        inputs: { model: { stage: `train${suffix}`, artifact: "model" } },
        // Nothing is drawn.
        seed: 0,
      });
      return [
        {
          name: `train${suffix}`,
          kind: "clip-ada-train",
          params: { ...forTraining, data, memoryGib },
          inputs: {
            tower: { stage: "towers", artifact: "tower" },
            text: { stage: "towers", artifact: "text" },
          },
          seed,
        },
        ...(compareRefinement ? [evaluate("evaluate-coarse", "none"), evaluate("evaluate-all-refined", "all")] : []),
        evaluate("evaluate", "chosen"),
      ];
    });
    return [towersStage(clip, { threads, device, seed }), ...models];
  },
} satisfies RecipeDefinition<ClipAdaRecipeParams>;
