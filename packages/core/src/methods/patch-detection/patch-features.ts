import { type nn, op, type Value } from "@retort/engine";
import type { ImageTowerConfig } from "../../models/clip/config.ts";
import { imageTower, type PatchFeatures } from "../../models/clip/image-tower.ts";
import { enlargedSmoothly } from "../clip-ada/smoothing.ts";
import type { PatchFeatureParams } from "./params.ts";

export interface PatchGrid {
  height: number;
  width: number;
}

/** Patch features of each layer asked for; `pixels` uint8 [B,S,S,3]. */
export function layerFeatures(
  p: nn.Scope,
  pixels: Value,
  config: ImageTowerConfig,
  { layers, projected }: Pick<PatchFeatureParams, "layers" | "projected">,
): PatchFeatures[] {
  return imageTower(p, pixels, config, { layers, projected }).layers;
}

/**
 * All layers as one vector a patch, on the finest grid: [B, height · width, D]. Each layer is averaged over `neighbourhood` x
 * `neighbourhood` patches first, coarser ones are brought to the finest grid by bilinear interpolation. Source: PatchCore, locally
 * aware patch features. There the concatenated features are averaged down to a set width; here they are kept whole.
 */
export function jointFeatures(
  layers: readonly PatchFeatures[],
  { neighbourhood }: { neighbourhood: number },
): { grid: PatchGrid; values: Value } {
  const grid = layers.map((layer) => layer.grid).reduce((a, b) => (b.height * b.width > a.height * a.width ? b : a));
  const pad = (neighbourhood - 1) / 2;
  const maps = layers.map(({ values, grid: own }) => {
    const map = toMap(values, own);
    const pooled =
      neighbourhood === 1
        ? map
        : op.averagePool(map, {
            kernel_shape: [neighbourhood, neighbourhood],
            strides: [1, 1],
            pads: [pad, pad, pad, pad],
            count_include_pad: 0,
          });
    return resized(pooled, grid);
  });
  const joint = maps.length === 1 ? maps[0]! : op.concat(maps, 1);
  const [batch, dim] = joint.shape as [number, number];
  return { grid, values: op.transpose(op.reshape(joint, [batch, dim, grid.height * grid.width]), [0, 2, 1]) };
}

/** [B,P,D] -> [B,D,h,w]. */
function toMap(values: Value, { height, width }: PatchGrid): Value {
  const [batch, , dim] = values.shape as [number, number, number];
  return op.reshape(op.transpose(values, [0, 2, 1]), [batch, dim, height, width]);
}

/** [B,C,h,w] at another size. */
export function resized(map: Value, { height, width }: PatchGrid): Value {
  const [batch, channels, h, w] = map.shape as [number, number, number, number];
  if (h === height && w === width) return map;
  return op.resize(map, {
    sizes: [batch, channels, height, width],
    mode: "linear",
    coordinate_transformation_mode: "half_pixel",
  });
}

/** Patch scores [B, h · w] as a smooth map [B, sizePx, sizePx]. */
export function finishedMap(scores: Value, grid: PatchGrid, { imageSizePx, smoothingPx }: PatchFeatureParams): Value {
  const batch = scores.shape[0]!;
  const map = op.reshape(scores, [batch, 1, grid.height, grid.width]);
  const large = enlargedSmoothly(map, { height: imageSizePx, width: imageSizePx }, smoothingPx);
  return op.reshape(large, [batch, imageSizePx, imageSizePx]);
}
