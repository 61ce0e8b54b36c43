import { nn, op, type Value } from "@retort/engine";
import type { VitConfig } from "./config.ts";
import type { TowerFeatures, TowerOptions } from "./image-tower.ts";

const EPSILON = 1e-5;

/**
 * CLIP's vision transformer on images x [B,3,H,W]. Patch features leave after the blocks that `layers` names; projected,
 * they go through the final norm and the projection as the class token does. Source: Radford et al. 2021; patch features
 * in the joint space as in Zhou et al. 2022 (MaskCLIP) and its followers.
 */
export function vitTower(p: nn.Scope, x: Value, config: VitConfig, options: TowerOptions): TowerFeatures {
  const { heads, hidden, activation, layers: numBlocks } = config;
  const [batch, , heightPx, widthPx] = x.shape as [number, number, number, number];
  const grid = { height: heightPx / config.patchSizePx, width: widthPx / config.patchSizePx };
  const features: TowerFeatures["layers"] = [];
  let tokens = nn.layerNorm(p.at("ln_pre"), embed(p, x, config, grid), { epsilon: EPSILON });
  for (let block = 1; block <= numBlocks; block++) {
    tokens = nn.block.preln(p.at(`blocks.${block - 1}`), tokens, { heads, hidden, activation, epsilon: EPSILON });
    if (!options.layers.includes(block)) continue;
    const patches = op.slice(tokens, { axes: [1], starts: [1], ends: [1 + grid.height * grid.width] });
    features.push({ layer: block, grid, values: options.projected ? project(p, patches, config) : patches });
  }
  const first = op.reshape(op.slice(tokens, { axes: [1], starts: [0], ends: [1] }), [batch, config.dim]);
  return { layers: features, embedding: project(p, first, config) };
}

interface Grid {
  height: number;
  width: number;
}

/** Class token and patches with their positions, [B, 1 + h·w, dim]. */
function embed(p: nn.Scope, x: Value, config: VitConfig, { height, width }: Grid): Value {
  const { patchSizePx: patch, dim } = config;
  const [batch, channels] = x.shape as [number, number];
  const init = nn.init.normal(0.02);
  const size = channels * patch * patch;
  const cells = op.transpose(op.reshape(x, [batch, channels, height, patch, width, patch]), [0, 2, 4, 1, 3, 5]);
  const kernel = op.reshape(p.parameter("patch.weight", [dim, channels, patch, patch], init), [dim, size]);
  const rows = op.gemm(op.reshape(cells, [batch * height * width, size]), kernel, { transB: true });
  const first = op.reshape(p.parameter("class_embedding", [dim], init), [1, 1, dim]);
  const tokens = op.concat([op.expand(first, [batch, 1, dim]), op.reshape(rows, [batch, height * width, dim])], 1);
  return op.add(tokens, positions(p, config, { height, width }));
}

/** The position table, resized (bicubic) where the grid is not the one it was made for. [1 + h·w, dim]. */
function positions(p: nn.Scope, config: VitConfig, { height, width }: Grid): Value {
  const { dim } = config;
  const side = config.imageSizePx / config.patchSizePx;
  const table = p.parameter("position_embedding", [1 + side * side, dim], nn.init.normal(0.02));
  if (side === height && side === width) return table;
  const first = op.slice(table, { axes: [0], starts: [0], ends: [1] });
  const square = op.slice(table, { axes: [0], starts: [1], ends: [1 + side * side] });
  const image = op.reshape(op.transpose(square, [1, 0]), [1, dim, side, side]);
  const resized = op.resize(image, { sizes: [1, dim, height, width], mode: "cubic" });
  return op.concat([first, op.transpose(op.reshape(resized, [dim, height * width]), [1, 0])], 0);
}

/** Final norm and projection without bias: [..., dim] -> [..., embedDim]. */
function project(p: nn.Scope, x: Value, { dim, embedDim }: VitConfig): Value {
  const init = nn.init.normal(dim ** -0.5);
  return nn.linear(p.at("projection"), nn.layerNorm(p.at("ln_post"), x, { epsilon: EPSILON }), {
    out: embedDim,
    bias: false,
    init,
  });
}
