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
  sweeps: {
    "learning-rate": {
      title: "Learning rate and batch",
      summary: "Twelve points of a Sobol sequence over learning rate and batch size, two seeds each.",
      search: {
        space: {
          parameters: {
            training: {
              learningRate: { type: "log", min: 3e-4, max: 1e-2 },
              batchSize: { type: "choice", values: [8, 16, 32] },
            },
          },
          seeds: [1, 2],
        },
        sampler: { kind: "sobol" },
        maxPoints: 12,
      },
    },
    ingredients: {
      title: "Ingredients of the training",
      summary: "Takes away one ingredient after the other: random shifts, weight decay, warm-up. Three seeds each.",
      search: {
        space: {
          ablations: {
            ingredients: {
              mode: "all-but-one",
              axes: {
                shifts: { on: { "training.augment.shiftPx": 8 }, off: { "training.augment.shiftPx": 0 } },
                "weight decay": { on: { "training.weightDecay": 0.05 }, off: { "training.weightDecay": 0 } },
                "warm-up": { on: { "training.warmupSteps": 50 }, off: { "training.warmupSteps": 0 } },
              },
            },
          },
          seeds: [1, 2, 3],
        },
      },
    },
  },
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
