import type { LlavaConfigInput } from "./config.ts";

type Vision = Pick<LlavaConfigInput, "imageSizePx" | "vision">;
type Decoder = Pick<LlavaConfigInput, "decoder" | "vocabularySize">;

const clipPixels = {
  mean: [0.48145466, 0.4578275, 0.40821073] as [number, number, number],
  std: [0.26862954, 0.26130258, 0.27577711] as [number, number, number],
};

/** Published vision towers, read where LLaVA reads them: one block before the last, without the final norm. */
export const visionPresets = {
  /** Source: huggingface.co/google/siglip-so400m-patch14-384. 14 does not divide 384: 27 patches a side, as its convolution. */
  "siglip-so400m-patch14-384": {
    imageSizePx: 384,
    vision: {
      patchSizePx: 14,
      edge: "crop",
      stem: "linear",
      dim: 1152,
      layers: 27,
      heads: 16,
      hidden: 4304,
      activation: "gelu_tanh",
      normEpsilon: 1e-6,
      featureLayer: -2,
      featureNorm: false,
    },
  },
  /** Source: huggingface.co/google/siglip-base-patch16-224. */
  "siglip-base-patch16-224": {
    imageSizePx: 224,
    vision: {
      patchSizePx: 16,
      stem: "linear",
      dim: 768,
      layers: 12,
      heads: 12,
      hidden: 3072,
      activation: "gelu_tanh",
      normEpsilon: 1e-6,
      featureLayer: -2,
      featureNorm: false,
    },
  },
  /** Source: huggingface.co/openai/clip-vit-large-patch14-336. */
  "clip-vit-l-14-336": {
    imageSizePx: 336,
    vision: {
      patchSizePx: 14,
      stem: "linear",
      patchBias: false,
      dim: 1024,
      layers: 24,
      heads: 16,
      hidden: 4096,
      activation: "quick_gelu",
      classToken: true,
      preNorm: true,
      featureLayer: -2,
      featureNorm: false,
      dropFirst: true,
      ...clipPixels,
    },
  },
  /** SigLIP's layout, small enough for tests. */
  "siglip-tiny": {
    imageSizePx: 34,
    vision: {
      patchSizePx: 8,
      edge: "crop",
      stem: "linear",
      dim: 16,
      layers: 3,
      heads: 2,
      hidden: 32,
      activation: "gelu_tanh",
      normEpsilon: 1e-6,
      featureLayer: -2,
      featureNorm: false,
    },
  },
  /** CLIP's layout, small enough for tests. */
  "clip-tiny": {
    imageSizePx: 32,
    vision: {
      patchSizePx: 8,
      stem: "linear",
      patchBias: false,
      dim: 16,
      layers: 3,
      heads: 2,
      hidden: 32,
      activation: "quick_gelu",
      classToken: true,
      preNorm: true,
      featureLayer: -2,
      featureNorm: false,
      dropFirst: true,
      ...clipPixels,
    },
  },
} satisfies Record<string, Vision>;

const qwen = { qkvBias: true, normEpsilon: 1e-6 };

/** Published language models. Their vocabulary is the width of the embedding, which is more than the tokenizer's tokens. */
export const decoderPresets = {
  /** Source: huggingface.co/Qwen/Qwen1.5-0.5B. */
  "qwen1.5-0.5b": {
    decoder: {
      ...qwen,
      dim: 1024,
      layers: 24,
      heads: 16,
      kvHeads: 16,
      hidden: 2816,
      ropeBase: 1_000_000,
      tiedHead: true,
    },
    vocabularySize: 151_936,
  },
  /** Source: huggingface.co/Qwen/Qwen1.5-1.8B. */
  "qwen1.5-1.8b": {
    decoder: { ...qwen, dim: 2048, layers: 24, heads: 16, kvHeads: 16, hidden: 5504, ropeBase: 1_000_000 },
    vocabularySize: 151_936,
  },
  /** Source: huggingface.co/Qwen/Qwen1.5-4B. */
  "qwen1.5-4b": {
    decoder: { ...qwen, dim: 2560, layers: 40, heads: 20, kvHeads: 20, hidden: 6912, ropeBase: 5_000_000 },
    vocabularySize: 151_936,
  },
  /** Source: huggingface.co/Qwen/Qwen2.5-0.5B. */
  "qwen2.5-0.5b": {
    decoder: {
      ...qwen,
      dim: 896,
      layers: 24,
      heads: 14,
      kvHeads: 2,
      hidden: 4864,
      ropeBase: 1_000_000,
      tiedHead: true,
    },
    vocabularySize: 151_936,
  },
  /** Source: huggingface.co/Qwen/Qwen2.5-1.5B. */
  "qwen2.5-1.5b": {
    decoder: {
      ...qwen,
      dim: 1536,
      layers: 28,
      heads: 12,
      kvHeads: 2,
      hidden: 8960,
      ropeBase: 1_000_000,
      tiedHead: true,
    },
    vocabularySize: 151_936,
  },
  /** Source: huggingface.co/Qwen/Qwen2.5-3B. */
  "qwen2.5-3b": {
    decoder: {
      ...qwen,
      dim: 2048,
      layers: 36,
      heads: 16,
      kvHeads: 2,
      hidden: 11_008,
      ropeBase: 1_000_000,
      tiedHead: true,
    },
    vocabularySize: 151_936,
  },
  /** Qwen2's layout, small enough for tests. */
  "qwen-tiny": {
    decoder: { ...qwen, dim: 32, layers: 2, heads: 4, kvHeads: 2, hidden: 64, ropeBase: 1_000_000, tiedHead: true },
    vocabularySize: 384,
  },
  /** The layout and size of llama2.c's stories260K. */
  "stories-260k": {
    decoder: { dim: 64, layers: 5, heads: 8, kvHeads: 4, hidden: 172, ropeBase: 10_000, tiedHead: true },
    vocabularySize: 512,
  },
} satisfies Record<string, Decoder>;

export type VisionPreset = keyof typeof visionPresets;
export type DecoderPreset = keyof typeof decoderPresets;
