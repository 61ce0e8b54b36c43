import { memoryBankParams } from "../../methods/memory-bank/params.ts";
import { padimParams } from "../../methods/padim/params.ts";
import { patchcoreParams } from "../../methods/patchcore/params.ts";
import { zeroShotParams } from "../../methods/zero-shot/params.ts";
import { type MeanBrightnessParams, meanBrightnessParams } from "../../stages/mean-brightness/definition.ts";
import type { StageSpec } from "../../stages/stage.ts";
import type { RecipeDefinition } from "../recipe.ts";
import { detectorRecipe } from "./detector-recipe.ts";
import { publishedDetectors } from "./published.ts";

export const patchcore = detectorRecipe({
  kind: "patchcore",
  title: "PatchCore",
  summary: "Remembers a core set of the patches of good pictures; a patch far from all of them is abnormal.",
  detector: patchcoreParams.prefault({}),
  published: publishedDetectors("patchcore"),
});

export const padim = detectorRecipe({
  kind: "padim",
  title: "PaDiM",
  summary: "A Gaussian of the patch features at every place of the picture; a patch unlikely under it is abnormal.",
  detector: padimParams.prefault({}),
  published: publishedDetectors("padim"),
});

export const memoryBank = detectorRecipe({
  kind: "memory-bank",
  title: "Memory bank",
  summary:
    "Remembers the patches of a few good pictures (data.few) and compares by cosine, as WinCLIP and APRIL-GAN do.",
  detector: memoryBankParams.prefault({}),
  published: publishedDetectors("few-shot"),
});

export const zeroShot = detectorRecipe({
  kind: "zero-shot",
  title: "Zero-shot prompts",
  summary: "Compares patches with an ensemble of fixed prompts for good and defective things; learns nothing.",
  detector: zeroShotParams.prefault({}),
  readsText: true,
  published: publishedDetectors("zero-shot"),
});

export const meanBrightness = {
  name: "mean-brightness",
  title: "Mean brightness",
  summary: "A control: brightness itself as the score. Where it does well, a set gives its defects away.",
  params: meanBrightnessParams,
  headline: { metric: "imageAuroc", label: "Image AUROC", unit: "fraction", higherIsBetter: true },
  published: [],
  stages: (params: MeanBrightnessParams, seed: number): StageSpec[] => [
    { name: "detect", kind: "mean-brightness", params, inputs: {}, seed },
  ],
} satisfies RecipeDefinition<MeanBrightnessParams>;
