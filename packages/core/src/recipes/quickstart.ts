import { z } from "zod";
import type { StageSpec } from "../stages/stage.ts";
import { vlmEvaluateParams } from "../stages/vlm-evaluate/definition.ts";
import { vlmSftParams } from "../stages/vlm-sft/definition.ts";
import type { RecipeDefinition } from "./recipe.ts";

const { data, size, training, device } = vlmSftParams.shape;

const quickstartParams = z.strictObject({
  data,
  size,
  training,
  threads: vlmSftParams.shape.threads,
  device,
  numSampleImages: vlmEvaluateParams.shape.numSampleImages,
});

type QuickstartParams = z.infer<typeof quickstartParams>;

/** A small vision-language model from random weights to the leaderboard, in minutes on two CPU cores. */
export const quickstart = {
  name: "quickstart",
  title: "Quickstart",
  summary:
    "Trains a small vision-language model to answer questions about pictures, then scores it, and again with the pictures " +
    "blanked: what the questions alone give away.",
  params: quickstartParams,
  headline: { metric: "vqaAccuracy", label: "VQA accuracy", unit: "fraction", higherIsBetter: true },
  published: [],
  stages({ data, size, training, threads, device, numSampleImages }: QuickstartParams, seed: number): StageSpec[] {
    const evaluate = (name: string, condition: string): StageSpec => ({
      name,
      kind: "vlm-evaluate",
      params: { data, condition, device, numSampleImages },
      inputs: { model: { stage: "train", artifact: "model" } },
      // Greedy decoding draws nothing.
      seed: 0,
    });
    return [
      { name: "train", kind: "vlm-sft", params: { data, size, training, threads, device }, inputs: {}, seed },
      evaluate("evaluate", "full"),
      evaluate("evaluate-blanked", "image-blanked"),
    ];
  },
} satisfies RecipeDefinition<QuickstartParams>;
