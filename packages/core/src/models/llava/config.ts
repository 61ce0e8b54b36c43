import { z } from "zod";

const size = z.int().positive();
const epsilon = z.number().positive().max(1e-2);
const channels = z.tuple([z.number(), z.number(), z.number()]);

/** How a picture of any shape becomes the square that the encoder reads. */
export const pictureConfig = z.strictObject({
  fit: z
    .enum(["stretch", "pad", "crop"])
    .default("stretch")
    .describe("stretch it to the square; pad it with the mean colour, as LLaVA does; or crop its middle, as CLIP does"),
  kernel: z
    .enum(["lanczos3", "cubic"])
    .default("lanczos3")
    .describe("Filter of the resizing; published models use cubic"),
});

const onnxBase64 = z.base64().describe("The ONNX file, in Base64");
const importedOutput = z.string().describe("Output of the file that is used");

/** A ViT as CLIP and SigLIP build it. The defaults are those of the small models made here. */
const visionConfig = z.strictObject({
  patchSizePx: size.describe("Side of a square patch, in pixels"),
  edge: z
    .enum(["refuse", "crop"])
    .default("refuse")
    .describe(
      "When the patch does not divide the picture: crop leaves out its last pixels, as a strided convolution does",
    ),
  stem: z
    .enum(["linear", "convolution"])
    .describe(
      "How pixels become patch features: one linear map of a patch, or 3x3 convolutions of stride 2 down to its size",
    ),
  patchBias: z.boolean().default(true).describe("Bias of the linear stem; CLIP has none"),
  dim: size.describe("Width of the vision encoder"),
  layers: size.describe("Transformer blocks of the vision encoder"),
  heads: size.describe("Attention heads of the vision encoder"),
  hidden: size.describe("Width of its feed-forward layers"),
  activation: z
    .enum(["gelu", "gelu_tanh", "quick_gelu"])
    .default("gelu")
    .describe("Activation of its feed-forward layers"),
  normEpsilon: epsilon.default(1e-5).describe("Epsilon of its layer norms"),
  classToken: z.boolean().default(false).describe("A learnt token before the patches, as in CLIP; SigLIP has none"),
  preNorm: z.boolean().default(false).describe("A layer norm before the first block, as in CLIP"),
  featureLayer: z
    .int()
    .negative()
    .default(-1)
    .describe("Whose output the projector reads, counted from the end: -1 the last block, -2 the one before it"),
  featureNorm: z
    .boolean()
    .default(true)
    .describe("Whether the final layer norm is applied to what the projector reads"),
  dropFirst: z
    .boolean()
    .default(false)
    .describe(
      "Leave out the first token: CLIP's class token in LLaVA. On an encoder without one it takes the first patch away, as the code of LLaVA-KD does (728 of SigLIP's 729 tokens)",
    ),
  mean: channels
    .default([0.5, 0.5, 0.5])
    .describe("Mean of red, green and blue that is subtracted, of values in [0, 1]"),
  graph: z
    .strictObject({ onnx: onnxBase64, output: importedOutput, numFeatures: size.describe("Tokens that come out") })
    .optional()
    .describe("An encoder of somebody else's making, in the place of the one that these sizes describe"),
  std: channels.default([0.5, 0.5, 0.5]).describe("Standard deviation of red, green and blue that is divided by"),
});

/** A decoder of the Llama and Qwen2 family. */
export const decoderConfig = z.strictObject({
  dim: size.describe("Width of the decoder"),
  layers: size.describe("Transformer blocks of the decoder"),
  heads: size.describe("Query heads of the decoder"),
  kvHeads: size.describe("Key/value heads (grouped-query attention)"),
  headDim: size.optional().describe("Width of one head; left out: dim / heads"),
  hidden: size.describe("Width of its SwiGLU layers"),
  ropeBase: z.number().positive().describe("Base of the rotary position embedding"),
  qkvBias: z.boolean().default(false).describe("Bias of queries, keys and values, as in Qwen2"),
  tiedHead: z.boolean().default(false).describe("Whether the embedding table is the output matrix too"),
  normEpsilon: epsilon.default(1e-5).describe("Epsilon of its RMS norms"),
  graph: z
    .strictObject({ onnx: onnxBase64 })
    .optional()
    .describe("A decoder of somebody else's making, in the place of the one that these sizes describe"),
  embedding: z
    .strictObject({ onnx: onnxBase64, output: importedOutput })
    .optional()
    .describe("What embeds the tokens of an imported decoder"),
});

/** How patch features become image tokens. */
export const projectorConfig = z.strictObject({
  mergeSide: size.describe("Side of the square of patches that becomes one image token"),
  merge: z
    .enum(["concatenate", "average"])
    .default("concatenate")
    .describe("How the patches of a square become one: side by side in one long row, or their mean"),
  graph: z
    .strictObject({ onnx: onnxBase64, output: importedOutput, numTokens: size.describe("Image tokens that come out") })
    .optional()
    .describe("A projector of somebody else's making"),
});

/**
 * Sizes of a model in the LLaVA layout: ViT patch encoder, two-layer GELU projector, decoder. Part of every checkpoint and
 * exported model, so that weights never travel without their shape.
 */
export const llavaConfig = z
  .strictObject({
    imageSizePx: size.describe("Width and height the picture is resized to, in pixels"),
    picture: pictureConfig.prefault({}),
    vision: visionConfig,
    projector: projectorConfig,
    decoder: decoderConfig,
    vocabularySize: size.describe("Tokens of the tokenizer, special ones included"),
  })
  .superRefine((config, context) => {
    const { imageSizePx, vision, projector, decoder } = config;
    const refuse = (path: string[], message: string) => context.addIssue({ code: "custom", path, message });
    const divides = (path: string[], divisor: number, whole: number, what: string) => {
      if (whole % divisor !== 0) refuse(path, `${divisor} does not divide ${what} ${whole}`);
    };
    if (vision.edge === "refuse") divides(["vision", "patchSizePx"], vision.patchSizePx, imageSizePx, "imageSizePx");
    if (vision.patchSizePx > imageSizePx) refuse(["vision", "patchSizePx"], "a patch is larger than the picture");
    divides(["projector", "mergeSide"], projector.mergeSide, patchesPerSide(config), "the patches a side");
    if (vision.stem === "convolution" && !Number.isInteger(Math.log2(vision.patchSizePx))) {
      refuse(["vision", "patchSizePx"], "a convolution stem needs a power of two");
    }
    if (projector.mergeSide > 1 && numVisionFeatures(config) !== patchesPerSide(config) ** 2) {
      refuse(["projector", "mergeSide"], "only the patches of a square grid can be merged");
    } else if (projector.mergeSide > 1 && !vision.graph && vision.classToken !== vision.dropFirst) {
      refuse(
        ["projector", "mergeSide"],
        "squares of patches can be merged only when the projector reads all patches and no other token",
      );
    }
    if (vision.layers + vision.featureLayer < 0) {
      refuse(["vision", "featureLayer"], `there is no block ${vision.featureLayer} among ${vision.layers}`);
    }
    divides(["vision", "heads"], vision.heads, vision.dim, "vision.dim");
    if (decoder.headDim === undefined) divides(["decoder", "heads"], decoder.heads, decoder.dim, "decoder.dim");
    divides(["decoder", "kvHeads"], decoder.kvHeads, decoder.heads, "decoder.heads");
    divides(["decoder", "headDim"], 2, headDim(decoder), "the width of a head, which is turned in pairs:");
  });

export type LlavaConfig = z.output<typeof llavaConfig>;
/** As it is written down: what has a default may be left out. */
export type LlavaConfigInput = z.input<typeof llavaConfig>;
export type VisionConfig = LlavaConfig["vision"];
export type DecoderConfig = LlavaConfig["decoder"];

type Picture = { imageSizePx: number; vision: Pick<VisionConfig, "patchSizePx"> };

/** Patches along one side of the picture. */
export function patchesPerSide({ imageSizePx, vision }: Picture): number {
  return Math.floor(imageSizePx / vision.patchSizePx);
}

/** Tokens of one picture that the projector reads. */
export function numVisionFeatures(config: EncoderConfig): number {
  const { classToken, dropFirst, graph } = config.vision;
  if (graph) return graph.numFeatures - Number(dropFirst);
  return patchesPerSide(config) ** 2 + Number(classToken) - Number(dropFirst);
}

/** The part that says how pixels become patch features. */
export type EncoderConfig = Pick<LlavaConfig, "imageSizePx" | "vision">;

/** The part that says how pixels become what the projector reads. */
export type FeaturesConfig = Pick<LlavaConfig, "imageSizePx" | "vision" | "projector">;

/** Image tokens that the decoder sees. */
export function numImageTokens(config: FeaturesConfig): number {
  const { graph, mergeSide } = config.projector;
  return graph?.numTokens ?? numVisionFeatures(config) / mergeSide ** 2;
}

/** Width of one head of the decoder. */
export function headDim({ dim, heads, headDim }: Pick<DecoderConfig, "dim" | "heads" | "headDim">): number {
  return headDim ?? dim / heads;
}

/** Width of what the projector reads for one image token. */
export function mergedWidth({ vision, projector }: Pick<LlavaConfig, "vision" | "projector">): number {
  return projector.merge === "average" ? vision.dim : projector.mergeSide ** 2 * vision.dim;
}
