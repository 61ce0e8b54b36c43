import type { TextTowerConfig } from "./text-tower.ts";

/** Named text towers; the small ones take their vocabulary from the captions. Source of the rest: openai/CLIP, OpenCLIP. */
export const textTowers = {
  /** 0.2 million parameters and the words. */
  small: { numPositions: 32, dim: 96, layers: 2, heads: 4, hidden: 384, activation: "quick_gelu", embedDim: 64 },
  /** For tests and first looks. */
  tiny: { numPositions: 24, dim: 32, layers: 1, heads: 2, hidden: 64, activation: "quick_gelu", embedDim: 32 },
  "vit-b-16": clip({ dim: 512, heads: 8, embedDim: 512 }),
  "vit-b-16-plus-240": { ...clip({ dim: 640, heads: 10, embedDim: 640 }), activation: "gelu" },
  "vit-l-14-336": clip({ dim: 768, heads: 12, embedDim: 768 }),
} satisfies Record<string, Omit<TextTowerConfig, "vocabularySize">>;

function clip(sizes: { dim: number; heads: number; embedDim: number }): Omit<TextTowerConfig, "vocabularySize"> {
  return { numPositions: 77, layers: 12, hidden: 4 * sizes.dim, activation: "quick_gelu", ...sizes };
}
