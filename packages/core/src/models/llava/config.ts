import { z } from "zod";

const size = z.int().positive();

/**
 * Sizes of a model in the LLaVA layout: ViT patch encoder, two-layer GELU projector, Llama-type decoder. Part of every
 * checkpoint and exported model, so that weights never travel without their shape.
 */
export const llavaConfig = z
  .strictObject({
    imageSizePx: size.describe("Width and height the picture is resized to, in pixels"),
    vision: z.strictObject({
      patchSizePx: size.describe("Side of a square patch, in pixels"),
      stem: z
        .enum(["linear", "convolution"])
        .describe(
          "How pixels become patch features: one linear map of a patch, or 3x3 convolutions of stride 2 down to its size",
        ),
      dim: size.describe("Width of the vision encoder"),
      layers: size.describe("Transformer blocks of the vision encoder"),
      heads: size.describe("Attention heads of the vision encoder"),
      hidden: size.describe("Width of its feed-forward layers"),
    }),
    projector: z.strictObject({
      mergeSide: size.describe("Side of the square of patches that becomes one image token, by concatenation"),
    }),
    decoder: z.strictObject({
      dim: size.describe("Width of the decoder"),
      layers: size.describe("Transformer blocks of the decoder"),
      heads: size.describe("Query heads of the decoder"),
      kvHeads: size.describe("Key/value heads (grouped-query attention)"),
      hidden: size.describe("Width of its SwiGLU layers"),
      ropeBase: z.number().positive().describe("Base of the rotary position embedding"),
    }),
    vocabularySize: size.describe("Tokens of the tokenizer, special ones included"),
  })
  .superRefine(({ imageSizePx, vision, projector, decoder }, context) => {
    const divides = (path: string[], divisor: number, whole: number, what: string) => {
      if (whole % divisor !== 0)
        context.addIssue({ code: "custom", path, message: `${divisor} does not divide ${what} ${whole}` });
    };
    divides(["vision", "patchSizePx"], vision.patchSizePx, imageSizePx, "imageSizePx");
    divides(["projector", "mergeSide"], projector.mergeSide, imageSizePx / vision.patchSizePx, "the patches a side");
    if (vision.stem === "convolution" && !Number.isInteger(Math.log2(vision.patchSizePx))) {
      context.addIssue({
        code: "custom",
        path: ["vision", "patchSizePx"],
        message: "a convolution stem needs a power of two",
      });
    }
    divides(["vision", "heads"], vision.heads, vision.dim, "vision.dim");
    divides(["decoder", "heads"], decoder.heads, decoder.dim, "decoder.dim");
    divides(["decoder", "kvHeads"], decoder.kvHeads, decoder.heads, "decoder.heads");
  });

export type LlavaConfig = z.infer<typeof llavaConfig>;

/** Image tokens that the decoder sees. */
export function numImageTokens({ imageSizePx, vision, projector }: LlavaConfig): number {
  return (imageSizePx / (vision.patchSizePx * projector.mergeSide)) ** 2;
}
