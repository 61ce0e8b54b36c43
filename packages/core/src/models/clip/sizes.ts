import type { ImageTowerConfig, SmallConfig, VitConfig } from "./config.ts";

/** Channel means and deviations that all published CLIP weights expect. Source: openai/CLIP, clip.py. */
export const CLIP_PIXELS: Pick<VitConfig, "channels" | "mean" | "std"> = {
  channels: 3,
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
};

/** Named image towers. Sources: openai/CLIP (B/16, L/14@336), OpenCLIP's model configs (B/16 plus 240). */
export const imageTowers = {
  /** 0.95 million parameters, grey, features at stride 4: trained here. */
  small: {
    kind: "small",
    channels: 1,
    brightness: "standardize",
    embedDim: 64,
    widths: [32, 64, 128],
    blocks: 2,
    heads: 4,
    norm: "batch",
  } satisfies SmallConfig,
  /** 0.1 million parameters, for tests and first looks. */
  tiny: {
    kind: "small",
    channels: 1,
    brightness: "standardize",
    embedDim: 32,
    widths: [8, 16, 32],
    blocks: 1,
    heads: 2,
    norm: "batch",
  } satisfies SmallConfig,
  "vit-b-16": vit({ imageSizePx: 224, patchSizePx: 16, dim: 768, layers: 12, heads: 12, embedDim: 512 }),
  "vit-b-16-plus-240": vit({
    imageSizePx: 240,
    patchSizePx: 16,
    dim: 896,
    layers: 12,
    heads: 14,
    embedDim: 640,
    activation: "gelu",
  }),
  "vit-l-14-336": vit({ imageSizePx: 336, patchSizePx: 14, dim: 1024, layers: 24, heads: 16, embedDim: 768 }),
} satisfies Record<string, ImageTowerConfig>;

export type ImageTowerName = keyof typeof imageTowers;
export const imageTowerNames = Object.keys(imageTowers) as [ImageTowerName, ...ImageTowerName[]];

type VitSizes = Pick<VitConfig, "imageSizePx" | "patchSizePx" | "dim" | "layers" | "heads" | "embedDim">;

function vit(sizes: VitSizes & { activation?: VitConfig["activation"] }): VitConfig {
  return {
    kind: "vit",
    ...CLIP_PIXELS,
    brightness: "none",
    hidden: 4 * sizes.dim,
    activation: "quick_gelu",
    ...sizes,
  };
}
