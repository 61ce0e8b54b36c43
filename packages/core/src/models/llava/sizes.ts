import type { LlavaConfigInput } from "./config.ts";

type Sizes = Omit<LlavaConfigInput, "vocabularySize">;

/** Named sizes. The vocabulary comes from the data. */
export const llavaSizes = {
  /** 0.3 million parameters. */
  nano: {
    imageSizePx: 64,
    vision: { patchSizePx: 8, stem: "convolution", dim: 64, layers: 2, heads: 4, hidden: 256 },
    projector: { mergeSide: 2 },
    decoder: { dim: 64, layers: 2, heads: 4, kvHeads: 2, hidden: 192, ropeBase: 10_000 },
  },
  /** 0.65 million parameters. */
  micro: {
    imageSizePx: 64,
    vision: { patchSizePx: 8, stem: "convolution", dim: 96, layers: 3, heads: 4, hidden: 384 },
    projector: { mergeSide: 2 },
    decoder: { dim: 96, layers: 2, heads: 4, kvHeads: 2, hidden: 256, ropeBase: 10_000 },
  },
} satisfies Record<string, Sizes>;

export type LlavaSize = keyof typeof llavaSizes;
export const llavaSizeNames = Object.keys(llavaSizes) as [LlavaSize, ...LlavaSize[]];
