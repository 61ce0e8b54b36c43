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
  const side = imageSizePx / vision.patchSizePx;
  // Bytes cross into the graph as they are, a quarter of the floats' size, and become [-1, 1] here.
  const scaled = op.sub(op.mul(op.cast(pixels, "float32"), 2 / 255), 1);
  const stem = vision.stem === "linear" ? linearStem : convolutionStem;
  const patches = stem(scope.at("patch"), scaled, vision);
  let x = op.add(patches, scope.parameter("position", [side * side, vision.dim], nn.init.normal(0.02)));
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

type Vision = LlavaConfig["vision"];

/** One linear map of each patch's pixels, as in ViT. [B,H,W,3] -> [B, patches, dim]. */
function linearStem(scope: nn.Scope, x: Value, { patchSizePx, dim }: Vision): Value {
  const [batch, height] = x.shape as [number, number];
  const side = height / patchSizePx;
  const grid = op.reshape(x, [batch, side, patchSizePx, side, patchSizePx, 3]);
  const patches = op.reshape(op.transpose(grid, [0, 1, 3, 2, 4, 5]), [batch, side * side, patchSizePx ** 2 * 3]);
  return nn.linear(scope, patches, { out: dim, bias: true });
}

/**
 * 3x3 convolutions of stride 2 with GELU between, channels doubling up to dim. [B,H,W,3] -> [B, patches, dim].
 * Source: Xiao et al. 2021, "Early convolutions help transformers see better".
 */
function convolutionStem(scope: nn.Scope, pixels: Value, { patchSizePx, dim }: Vision): Value {
  const numLayers = Math.log2(patchSizePx);
  let x = op.transpose(pixels, [0, 3, 1, 2]);
  for (let layer = 0; layer < numLayers; layer++) {
    const [inChannels, outChannels] = [x.shape[1]!, Math.ceil(dim / 2 ** (numLayers - 1 - layer))];
    const at = scope.at(`${layer}`);
    const weight = at.parameter(
      "weight",
      [outChannels, inChannels, 3, 3],
      nn.init.normal(Math.sqrt(2 / (9 * inChannels))),
    );
    const bias = at.parameter("bias", [outChannels], nn.init.zeros);
    x = op.conv(layer === 0 ? x : op.gelu(x), weight, { bias, strides: [2, 2], pads: [1, 1, 1, 1] });
  }
  const [batch, channels, height, width] = x.shape as [number, number, number, number];
  return op.transpose(op.reshape(x, [batch, channels, height * width]), [0, 2, 1]);
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
