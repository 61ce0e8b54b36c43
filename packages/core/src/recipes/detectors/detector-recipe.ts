import { z } from "zod";
import { clipAdaTrainParams } from "../../stages/clip-ada-train/definition.ts";
import { detectorStageParams } from "../../stages/detector-params.ts";
import type { StageSpec } from "../../stages/stage.ts";
import { clipSource } from "../clip-ada/params.ts";
import { towersMemoryGib, towersStage } from "../clip-ada/towers.ts";
import type { PublishedRow, RecipeDefinition } from "../recipe.ts";

const trainingParams = clipAdaTrainParams.omit({ data: true, threads: true, device: true, memoryGib: true });

/** Parameters of every recipe for a detector on the patches of a CLIP. */
const detectorRecipeParams = <Detector extends z.ZodType>(detector: Detector) => {
  const { data, ...others } = detectorStageParams(detector).shape;
  return z.strictObject({
    data,
    clip: clipSource,
    tower: z
      .enum(["as-it-came", "after-clip-ada"])
      .default("as-it-came")
      .describe("The image tower as it was pre-trained or imported, or as CLIP-ADA's training left it"),
    clipAda: trainingParams
      .prefault({})
      .describe("CLIP-ADA's training, for its tower; the same stage as in its recipe"),
    ...others,
  });
};

interface DetectorRecipe<Detector extends z.ZodType> {
  kind: string;
  title: string;
  summary: string;
  detector: Detector;
  /** Does the stage need the text tower too? */
  readsText?: boolean;
  published: readonly PublishedRow[];
}

/** A peer of CLIP-ADA: the same towers, data and evaluation, another idea of what is abnormal. */
export function detectorRecipe<Detector extends z.ZodType>(recipe: DetectorRecipe<Detector>) {
  const { kind, title, summary, detector, readsText = false, published } = recipe;
  const params = detectorRecipeParams(detector);
  return {
    name: kind,
    title,
    summary,
    params,
    headline: { metric: "imageAuroc", label: "Image AUROC", unit: "fraction", higherIsBetter: true },
    published,
    stages({ data, clip, tower, clipAda, threads, device, memoryGib: given, ...own }, seed): StageSpec[] {
      const resources = { threads, device, memoryGib: towersMemoryGib(clip, given) };
      const learns = tower === "after-clip-ada";
      const towers = { tower: { stage: "towers", artifact: "tower" }, text: { stage: "towers", artifact: "text" } };
      const training: StageSpec = {
        name: "train",
        kind: "clip-ada-train",
        params: { data, ...clipAda, ...resources },
        inputs: towers,
        seed,
      };
      return [
        towersStage(clip, { threads, device, seed }),
        ...(learns ? [training] : []),
        {
          name: "detect",
          kind,
          params: { data, ...own, ...resources },
          inputs: {
            tower: learns ? { stage: "train", artifact: "tower" } : towers.tower,
            ...(readsText ? { text: towers.text } : {}),
          },
          seed,
        },
      ];
    },
  } satisfies RecipeDefinition<z.infer<typeof params>>;
}
