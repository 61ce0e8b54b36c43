import type { DecoderConfig, VisionConfig } from "../llava/config.ts";

/** How a stored matrix becomes ours. */
export type Reshaping =
  | "as-is"
  /** [out, in] -> [in, out] */
  | "transpose"
  /** A convolution's [out, 3, p, p] -> [p * p * 3, out], rows in the order of a patch's pixels. */
  | "patch"
  /** Drops axes of size 1. */
  | "squeeze"
  /** Several [out, in] side by side: [in, sum of outs]. */
  | "transpose-side-by-side"
  /** Several [out] behind each other. */
  | "behind";

/** One of our parameters and the stored tensors that it is made from. */
export interface NamedWeight {
  ours: string;
  theirs: readonly string[];
  how: Reshaping;
}

/** Llama's and Qwen2's names; `prefix` is what a model around it puts before them ("language_model."). */
export function decoderNames(
  { layers, qkvBias, tiedHead }: DecoderConfig,
  { model, head }: { model: string; head: string },
): NamedWeight[] {
  const blocks = Array.from({ length: layers }, (_, layer) => {
    const [ours, theirs] = [`decoder.blocks.${layer}`, `${model}layers.${layer}`];
    const matrix = (own: string, their: string): NamedWeight => ({
      ours: `${ours}.${own}.weight`,
      theirs: [`${theirs}.${their}.weight`],
      how: "transpose",
    });
    const vector = (own: string, their: string): NamedWeight => ({
      ours: `${ours}.${own}`,
      theirs: [`${theirs}.${their}`],
      how: "as-is",
    });
    return [
      vector("norm1.weight", "input_layernorm.weight"),
      ...["q", "k", "v"].flatMap((name) => [
        matrix(`attention.${name}`, `self_attn.${name}_proj`),
        ...(qkvBias ? [vector(`attention.${name}.bias`, `self_attn.${name}_proj.bias`)] : []),
      ]),
      matrix("attention.o", "self_attn.o_proj"),
      vector("norm2.weight", "post_attention_layernorm.weight"),
      ...["gate_proj", "up_proj", "down_proj"].map((name) => matrix(`mlp.${name}`, `mlp.${name}`)),
    ];
  }).flat();
  return [
    { ours: "decoder.embedding.weight", theirs: [`${model}embed_tokens.weight`], how: "as-is" },
    ...blocks,
    { ours: "decoder.norm.weight", theirs: [`${model}norm.weight`], how: "as-is" },
    ...(tiedHead ? [] : [{ ours: "decoder.head.weight", theirs: [`${head}weight`], how: "transpose" } as const]),
  ];
}

/** Names of CLIP's and SigLIP's vision models; `prefix` ends in "vision_model.". */
export function visionNames(vision: VisionConfig, prefix: string): NamedWeight[] {
  const affine = (own: string, their: string): NamedWeight[] =>
    ["weight", "bias"].map((part) => ({
      ours: `vision.${own}.${part}`,
      theirs: [`${prefix}${their}.${part}`],
      how: "as-is",
    }));
  const linear = (own: string, their: string): NamedWeight[] => [
    { ours: `vision.${own}.weight`, theirs: [`${prefix}${their}.weight`], how: "transpose" },
    { ours: `vision.${own}.bias`, theirs: [`${prefix}${their}.bias`], how: "as-is" },
  ];
  const numBlocks = vision.layers + vision.featureLayer + 1;
  const blocks = Array.from({ length: numBlocks }, (_, layer) => {
    const [ours, theirs] = [`blocks.${layer}`, `encoder.layers.${layer}`];
    const qkv = (part: string) => ["q", "k", "v"].map((name) => `${prefix}${theirs}.self_attn.${name}_proj.${part}`);
    return [
      ...affine(`${ours}.norm1`, `${theirs}.layer_norm1`),
      { ours: `vision.${ours}.attention.qkv.weight`, theirs: qkv("weight"), how: "transpose-side-by-side" } as const,
      { ours: `vision.${ours}.attention.qkv.bias`, theirs: qkv("bias"), how: "behind" } as const,
      ...linear(`${ours}.attention.proj`, `${theirs}.self_attn.out_proj`),
      ...affine(`${ours}.norm2`, `${theirs}.layer_norm2`),
      ...linear(`${ours}.mlp.fc1`, `${theirs}.mlp.fc1`),
      ...linear(`${ours}.mlp.fc2`, `${theirs}.mlp.fc2`),
    ];
  }).flat();
  const embeddings = `${prefix}embeddings.`;
  return [
    { ours: "vision.patch.weight", theirs: [`${embeddings}patch_embedding.weight`], how: "patch" },
    ...(vision.patchBias
      ? [{ ours: "vision.patch.bias", theirs: [`${embeddings}patch_embedding.bias`], how: "as-is" } as const]
      : []),
    { ours: "vision.position", theirs: [`${embeddings}position_embedding.weight`], how: "as-is" },
    ...(vision.classToken
      ? [{ ours: "vision.class", theirs: [`${embeddings}class_embedding`], how: "squeeze" } as const]
      : []),
    // The name is misspelt in the published models.
    ...(vision.preNorm ? affine("pre_norm", "pre_layrnorm") : []),
    ...blocks,
    ...(vision.featureNorm ? affine("norm", "post_layernorm") : []),
  ];
}

/** The projector's two layers as LLaVA, its port and TinyLLaVA name them. */
export const projectorForms: readonly (readonly [string, string])[] = [
  ["multi_modal_projector.linear_1", "multi_modal_projector.linear_2"],
  ["model.multi_modal_projector.linear_1", "model.multi_modal_projector.linear_2"],
  ["model.mm_projector.0", "model.mm_projector.2"],
  ["mm_projector.0", "mm_projector.2"],
  ["connector._connector.0", "connector._connector.2"],
  ["_connector.0", "_connector.2"],
];

export function projectorNames([first, second]: readonly [string, string]): NamedWeight[] {
  return [
    { ours: "projector.fc1.weight", theirs: [`${first}.weight`], how: "transpose" },
    { ours: "projector.fc1.bias", theirs: [`${first}.bias`], how: "as-is" },
    { ours: "projector.fc2.weight", theirs: [`${second}.weight`], how: "transpose" },
    { ours: "projector.fc2.bias", theirs: [`${second}.bias`], how: "as-is" },
  ];
}
