import { z } from "zod";

/**
 * What learns. The paper adapts a frozen CLIP; with no weights at hand the small regime trains the image tower too, which
 * departs from frozen CLIP.
 */
export const regimes = ["frozen", "small-tower-trained-here"] as const;

const count = z.int().min(1).max(64);

export const promptParams = z
  .strictObject({
    learned: z
      .boolean()
      .default(true)
      .describe("Context tokens are learnt through the text tower; false: the fixed words alone"),
    numTokens: count.default(8).describe("Learnt context tokens in front of the words, per prompt"),
    numPrompts: count.default(1).describe("Prompts for normal and for abnormal; their embeddings are averaged"),
    initStd: z.number().positive().max(10).default(0.3).describe("Standard deviation of the tokens' initial values"),
    numDeepTokens: z
      .int()
      .min(0)
      .max(64)
      .default(0)
      .describe("Learnt tokens that replace the first context rows inside the text tower, per block; 0: none"),
    deepBlocks: z.int().min(0).max(64).default(0).describe("Blocks after the first that receive such tokens"),
    // One wording for all categories: the unified model is not told what it looks at.
    normalWords: z.string().min(1).default("flawless object").describe("Words of the normal prompt"),
    abnormalWords: z.string().min(1).default("damaged object").describe("Words of the abnormal prompt"),
    fixedPrefix: z.string().default("a photo of a").describe("Words in front where the prompt is not learnt"),
  })
  .refine(({ numDeepTokens, numTokens }) => numDeepTokens <= numTokens, {
    path: ["numDeepTokens"],
    message: "deep tokens replace context tokens, so there are at most as many",
  })
  .prefault({})
  .describe("The prompt pair");

export const lossParams = z
  .strictObject({
    pixelBce: z.number().min(0).default(5).describe("Weight of the binary cross-entropy of pixels"),
    pixelFocal: z.number().min(0).default(0).describe("Weight of the focal loss of pixels (gamma 2)"),
    dice: z.number().min(0).default(1).describe("Weight of the dice loss over all pixels of a batch"),
    imageBce: z.number().min(0).default(0.2).describe("Weight of the binary cross-entropy of images"),
  })
  .refine((weights) => Object.values(weights).some((weight) => weight > 0), { message: "no loss has a weight" })
  .prefault({})
  .describe("Weights of the losses");

/** The parts of the method that decide what is computed for an image: part of every model file. */
export const clipAdaParams = z
  .strictObject({
    regime: z
      .enum(regimes)
      .default("small-tower-trained-here")
      .describe(
        "frozen: imported or pre-trained towers stay as they are and prompts and adapters learn. small-tower-trained-here: the " +
          "image tower learns too, which departs from frozen CLIP",
      ),
    prompt: promptParams,
    adapter: z
      .enum(["none", "linear"])
      .default("none")
      .describe("linear: each layer's patch features pass x + W x before they meet the prompts"),
    layers: z
      .array(z.int().positive())
      .min(1)
      .default([4])
      .describe("Layers whose maps are averaged: strides 4, 8, 16 of the small tower, blocks of a ViT"),
    scale: z.number().positive().max(1000).default(12).describe("Initial factor of the cosine difference"),
    bias: z
      .number()
      .min(-100)
      .max(100)
      .default(-2)
      .describe("Initial logit of a patch as close to one prompt as to the other"),
    learnScale: z.boolean().default(true).describe("Factor and bias are learnt"),
    imageTop: z
      .int()
      .min(1)
      .max(4096)
      .default(8)
      .describe("Patches whose mean logit is the image's: the highest so many"),
    imageScore: z
      .enum(["pooled", "highest", "highest-above-mean"])
      .default("pooled")
      .describe(
        "What an image's logit is: the highest mean over a square of imagePool patches, its highest patches wherever they lie, or how " +
          "far those stand above the mean of all its patches",
      ),
    imagePool: z
      .int()
      .min(1)
      .max(64)
      .default(5)
      .describe("Side of the square that is averaged, in patches of the finest layer; 5 of 4 px are 20 px"),
  })
  .prefault({})
  .describe("CLIP-ADA: prompts, adapters and how maps are made of them");

export type PromptParams = z.infer<typeof promptParams>;
export type LossWeights = z.infer<typeof lossParams>;
export type ClipAdaParams = z.infer<typeof clipAdaParams>;
