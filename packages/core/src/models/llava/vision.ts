import { nn, op, type Value } from "@retort/engine";
import { type LlavaConfig, numImageTokens } from "./config.ts";

/**
 * Image tokens of a batch of pictures: ViT encoder without class token, squares of patches concatenated, two-layer GELU
 * projector. `pixels` [B,H,W,3] uint8 -> [B, imageTokens, decoder.dim].
 */
export function imageTokens(scope: nn.Scope, pixels: Value, config: LlavaConfig): Value {
  const features = visionEncoder(scope.at("vision"), pixels, config);
  return projector(scope.at("projector"), features, config);
}

/** Patch features [B, patches, vision.dim]; patches row-major. */
export function visionEncoder(scope: nn.Scope, pixels: Value, { imageSizePx, vision }: LlavaConfig): Value {
  const [batch] = pixels.shape as [number];
  const side = imageSizePx / vision.patchSizePx;
  const { patchSizePx, dim } = vision;
  // Bytes cross into the graph as they are, a quarter of the floats' size, and become [-1, 1] here.
  const scaled = op.sub(op.mul(op.cast(pixels, "float32"), 2 / 255), 1);
  const grid = op.reshape(scaled, [batch, side, patchSizePx, side, patchSizePx, 3]);
  const patches = op.reshape(op.transpose(grid, [0, 1, 3, 2, 4, 5]), [batch, side * side, patchSizePx ** 2 * 3]);
  let x = op.add(
    nn.linear(scope.at("patch"), patches, { out: dim, bias: true }),
    scope.parameter("position", [side * side, dim], nn.init.normal(0.02)),
  );
  for (let layer = 0; layer < vision.layers; layer++) {
    const block = scope.at(`blocks.${layer}`);
    x = op.add(
      x,
      nn.attention(block.at("attention"), nn.layerNorm(block.at("norm1"), x), { heads: vision.heads, bias: true }),
    );
    x = op.add(
      x,
      nn.mlp(block.at("mlp"), nn.layerNorm(block.at("norm2"), x), { hidden: vision.hidden, activation: "gelu" }),
    );
  }
  return nn.layerNorm(scope.at("norm"), x);
}

/** Squares of mergeSide x mergeSide patches side by side in one row, then linear, GELU, linear. */
function projector(scope: nn.Scope, features: Value, config: LlavaConfig): Value {
  const { mergeSide } = config.projector;
  const { vision, decoder } = config;
  const [batch] = features.shape as [number];
  const side = config.imageSizePx / vision.patchSizePx;
  const merged = side / mergeSide;
  const grid = op.reshape(features, [batch, merged, mergeSide, merged, mergeSide, vision.dim]);
  const tokens = op.reshape(op.transpose(grid, [0, 1, 3, 2, 4, 5]), [
    batch,
    numImageTokens(config),
    mergeSide ** 2 * vision.dim,
  ]);
  const hidden = op.gelu(nn.linear(scope.at("fc1"), tokens, { out: decoder.dim, bias: true }));
  return nn.linear(scope.at("fc2"), hidden, { out: decoder.dim, bias: true });
}
