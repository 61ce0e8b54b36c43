import { nn, ShapeError, type Value } from "@retort/engine";
import { SpecError } from "../../base/errors.ts";
import type { NormStatistics } from "./batch-norm.ts";
import { type ImageTowerConfig, inputMultiplePx, towerLayers } from "./config.ts";
import { preprocess } from "./preprocessing.ts";
import { smallTower } from "./small-tower.ts";
import { vitTower } from "./vit-tower.ts";

/** Patch features of one layer. */
export interface PatchFeatures {
  /** One of towerLayers(config). */
  layer: number;
  /** Patches along each side of the image. */
  grid: { height: number; width: number };
  /** [B, height · width, D], row by row; D is embedDim where projected. */
  values: Value;
}

export interface TowerFeatures {
  /** In the order of the options' layers for the small tower, ascending for a ViT. */
  layers: PatchFeatures[];
  /** [B, embedDim], not normalised. */
  embedding: Value;
}

export interface TowerOptions {
  layers: readonly number[];
  projected: boolean;
  statistics: NormStatistics;
}

export interface ImageTowerOptions {
  /** Layers whose patch features are wanted; default: none, the embedding alone. */
  layers?: readonly number[];
  /** Patch features in the joint space of images and texts (default), or as the layer leaves them. */
  projected?: boolean;
  /** Where batch normalisation takes its statistics from; default: from parameters, as inference does. */
  statistics?: NormStatistics;
  /** [B,2], see imageStatistics: of the whole images, where `pixels` are windows of them. */
  brightness?: Value;
}

/**
 * Encodes `pixels`, uint8 or float in [0, 1], [B,H,W,3|1]; H and W are multiples of inputMultiplePx(config).
 * @throws SpecError for a layer that the tower lacks, ShapeError for a size that it cannot divide into patches.
 */
export function imageTower(
  p: nn.Scope,
  pixels: Value,
  config: ImageTowerConfig,
  { layers = [], projected = true, statistics = { from: "parameters" }, brightness }: ImageTowerOptions = {},
): TowerFeatures {
  checkLayers(config, layers);
  checkSize(config, pixels);
  return nn.inScope(p, () => {
    const x = preprocess(pixels, config, brightness);
    const options = { layers, projected, statistics };
    return config.kind === "vit" ? vitTower(p, x, config, options) : smallTower(p, x, config, options);
  });
}

function checkLayers(config: ImageTowerConfig, layers: readonly number[]): void {
  const known = towerLayers(config);
  const unknown = layers.filter((layer) => !known.includes(layer));
  if (unknown.length === 0) return;
  throw new SpecError({
    code: "UNKNOWN_LAYER",
    message: "The image tower has no such layer",
    expected: known.join(", "),
    got: unknown.join(", "),
  });
}

function checkSize(config: ImageTowerConfig, pixels: Value): void {
  const [, height, width] = pixels.shape as [number, number, number];
  const multiple = inputMultiplePx(config);
  if (height % multiple === 0 && width % multiple === 0) return;
  throw new ShapeError({
    code: "IMAGE_SIZE",
    message: "The image tower cannot divide this size into patches",
    expected: `height and width that ${multiple} divides`,
    got: `${height} x ${width}`,
    where: `input "${pixels.name}"`,
  });
}
