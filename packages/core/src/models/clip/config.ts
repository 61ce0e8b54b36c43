import { z } from "zod";

const size = z.int().positive();

const shared = {
  channels: z.union([z.literal(1), z.literal(3)]).describe("Channels the tower sees: 1 grey, 3 red, green and blue"),
  brightness: z
    .enum(["none", "shift", "standardize"])
    .describe(
      "What happens to each image's brightness before the tower sees it: nothing, its mean becomes mid-grey, or also its " +
        "deviation becomes one",
    ),
  embedDim: size.describe("Width of the joint space of images and texts"),
};

/** A vision transformer in CLIP's layout: class token, norm before and after the blocks, projection without bias. */
const vitConfig = z.strictObject({
  kind: z.literal("vit"),
  ...shared,
  imageSizePx: size.describe("Input size that the position table was made for; other sizes interpolate it"),
  patchSizePx: size.describe("Side of a square patch, in pixels"),
  dim: size.describe("Width of the transformer"),
  layers: size.describe("Transformer blocks"),
  heads: size.describe("Attention heads"),
  hidden: size.describe("Width of the feed-forward layers"),
  activation: z
    .enum(["quick_gelu", "gelu"])
    .describe("OpenAI's weights were trained with quick_gelu, OpenCLIP's with gelu"),
  mean: z.tuple([z.number(), z.number(), z.number()]).describe("Subtracted from pixels in [0, 1], per channel"),
  std: z.tuple([z.number(), z.number(), z.number()]).describe("Divides what is left, per channel"),
});

/**
 * Convolutions down to stride 16, transformer blocks there, and a feature pyramid back up to stride 4 whose maps lie in
 * the joint space. No position table, so every size that 16 divides will do.
 */
const smallConfig = z.strictObject({
  kind: z.literal("small"),
  ...shared,
  widths: z.tuple([size, size, size]).describe("Channels at strides 4, 8 and 16"),
  blocks: z.int().min(0).describe("Transformer blocks at stride 16"),
  heads: size.describe("Attention heads"),
  norm: z
    .enum(["batch", "group"])
    .describe(
      "batch: statistics over the batch in training, over many training images afterwards; group: of each image",
    ),
});

/** Sizes of an image tower. Part of every tower file, so that weights never travel without their shape. */
export const imageTowerConfig = z
  .discriminatedUnion("kind", [vitConfig, smallConfig])
  .superRefine((config, context) => {
    const width = config.kind === "vit" ? config.dim : config.widths[2];
    if (width % config.heads !== 0) {
      context.addIssue({
        code: "custom",
        path: ["heads"],
        message: `${config.heads} heads do not divide width ${width}`,
      });
    }
    if (config.kind === "vit" && config.imageSizePx % config.patchSizePx !== 0) {
      context.addIssue({
        code: "custom",
        path: ["patchSizePx"],
        message: `patches of ${config.patchSizePx} do not divide ${config.imageSizePx}`,
      });
    }
  });

export type VitConfig = z.infer<typeof vitConfig>;
export type SmallConfig = z.infer<typeof smallConfig>;
export type ImageTowerConfig = z.infer<typeof imageTowerConfig>;

/** Channels of a group in group normalisation of the small tower. */
export const GROUP_SIZE = 8;

/** Pixels that one step of the coarsest grid covers; width and height of an input are multiples of it. */
export function inputMultiplePx(config: ImageTowerConfig): number {
  return config.kind === "vit" ? config.patchSizePx : 16;
}

/** The layers whose patch features can be asked for: blocks 1, 2, ... of a ViT, strides 4, 8, 16 of the small tower. */
export function towerLayers(config: ImageTowerConfig): number[] {
  return config.kind === "vit" ? Array.from({ length: config.layers }, (_, block) => block + 1) : [4, 8, 16];
}
