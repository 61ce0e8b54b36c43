import { nn, op, type Value } from "@retort/engine";
import {
  type EncoderConfig,
  type FeaturesConfig,
  type LlavaConfig,
  mergedWidth,
  numImageTokens,
  patchesPerSide,
  type VisionConfig,
} from "./config.ts";
import { importedProjector, importedVision } from "./imported-graph.ts";

/**
 * Image tokens of a batch of pictures: ViT encoder, squares of patches merged, two-layer GELU projector. `pixels`
 * [B,H,W,3] uint8 -> [B, imageTokens, decoder.dim].
 */
export function imageTokens(scope: nn.Scope, pixels: Value, config: LlavaConfig): Value {
  const features = visionEncoder(scope.at("vision"), pixels, config);
  return projector(scope.at("projector"), mergePatches(features, config), config);
}

/** What the projector reads, [B, features, vision.dim]: patches row-major, behind the class token if it is kept. */
export function visionEncoder(scope: nn.Scope, pixels: Value, config: EncoderConfig): Value {
  const { vision } = config;
  if (vision.graph) {
    const features = importedVision(scope, op.transpose(normalised(pixels, vision), [0, 3, 1, 2]), vision.graph);
    const { numFeatures } = vision.graph;
    return vision.dropFirst ? op.slice(features, { axes: [1], starts: [1], ends: [numFeatures] }) : features;
  }
  const { heads, hidden, activation, normEpsilon: epsilon } = vision;
  const stem = vision.stem === "linear" ? linearStem : convolutionStem;
  const patches = stem(scope.at("patch"), normalised(pixels, vision), vision);
  const tokens = vision.classToken ? behindClassToken(scope, patches) : patches;
  const numTokens = patchesPerSide(config) ** 2 + Number(vision.classToken);
  let x = op.add(tokens, scope.parameter("position", [numTokens, vision.dim], nn.init.normal(0.02)));
  if (vision.preNorm) x = nn.layerNorm(scope.at("pre_norm"), x, { epsilon });
  // Blocks behind the chosen one are not built: their weights would travel for nothing.
  for (let layer = 0; layer <= vision.layers + vision.featureLayer; layer++) {
    const block = scope.at(`blocks.${layer}`);
    x = op.add(
      x,
      nn.attention(block.at("attention"), nn.layerNorm(block.at("norm1"), x, { epsilon }), { heads, bias: true }),
    );
    x = op.add(x, nn.mlp(block.at("mlp"), nn.layerNorm(block.at("norm2"), x, { epsilon }), { hidden, activation }));
  }
  if (vision.featureNorm) x = nn.layerNorm(scope.at("norm"), x, { epsilon });
  return vision.dropFirst ? op.slice(x, { axes: [1], starts: [1], ends: [numTokens] }) : x;
}

/** (pixels / 255 - mean) / std. Bytes cross into the graph as they are, a quarter of the floats' size. */
function normalised(pixels: Value, { mean, std }: VisionConfig): Value {
  const ofChannels = (value: (channel: number) => number) => {
    const values = mean.map((_, channel) => value(channel));
    return values.every((each) => each === values[0]) ? values[0]! : pixels.graph.constant(values);
  };
  const scale = ofChannels((channel) => 1 / (255 * std[channel]!));
  return op.sub(
    op.mul(op.cast(pixels, "float32"), scale),
    ofChannels((channel) => mean[channel]! / std[channel]!),
  );
}

function behindClassToken(scope: nn.Scope, patches: Value): Value {
  const [batch, , dim] = patches.shape as [number, number, number];
  const token = scope.parameter("class", [dim], nn.init.normal(0.02));
  return op.concat([op.expand(op.reshape(token, [1, 1, dim]), [batch, 1, dim]), patches], 1);
}

/** One linear map of each patch's pixels, as in ViT. [B,H,W,3] -> [B, patches, dim]. */
function linearStem(scope: nn.Scope, pixels: Value, { patchSizePx, dim, patchBias }: VisionConfig): Value {
  const [batch, sizePx] = pixels.shape as [number, number];
  const side = Math.floor(sizePx / patchSizePx);
  const coveredPx = side * patchSizePx;
  const x =
    coveredPx === sizePx ? pixels : op.slice(pixels, { axes: [1, 2], starts: [0, 0], ends: [coveredPx, coveredPx] });
  const grid = op.reshape(x, [batch, side, patchSizePx, side, patchSizePx, 3]);
  const patches = op.reshape(op.transpose(grid, [0, 1, 3, 2, 4, 5]), [batch, side * side, patchSizePx ** 2 * 3]);
  return nn.linear(scope, patches, { out: dim, bias: patchBias });
}

/**
 * 3x3 convolutions of stride 2 with GELU between, channels doubling up to dim. [B,H,W,3] -> [B, patches, dim].
 * Source: Xiao et al. 2021, "Early convolutions help transformers see better".
 */
function convolutionStem(scope: nn.Scope, pixels: Value, { patchSizePx, dim }: VisionConfig): Value {
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

/** Squares of mergeSide x mergeSide patches become one row each, [B, imageTokens, mergedWidth]; squares row-major. */
export function mergePatches(features: Value, config: FeaturesConfig): Value {
  const { mergeSide, merge } = config.projector;
  if (mergeSide === 1) return features;
  const { dim } = config.vision;
  const [batch] = features.shape as [number];
  const merged = patchesPerSide(config) / mergeSide;
  const grid = op.reshape(features, [batch, merged, mergeSide, merged, mergeSide, dim]);
  const inSquares = op.transpose(grid, [0, 1, 3, 2, 4, 5]);
  if (merge === "concatenate") return op.reshape(inSquares, [batch, numImageTokens(config), mergedWidth(config)]);
  const squares = op.reshape(inSquares, [batch, numImageTokens(config), mergeSide ** 2, dim]);
  return op.reduceMean(squares, { axes: [2], keepdims: false });
}

/** Linear, GELU, linear: [B, imageTokens, mergedWidth] -> [B, imageTokens, decoder.dim]. */
export function projector(scope: nn.Scope, merged: Value, config: LlavaConfig): Value {
  const { decoder, projector: own } = config;
  if (own.graph) return importedProjector(scope, merged, own.graph);
  const hidden = op.gelu(nn.linear(scope.at("fc1"), merged, { out: decoder.dim, bias: true }));
  return nn.linear(scope.at("fc2"), hidden, { out: decoder.dim, bias: true });
}
