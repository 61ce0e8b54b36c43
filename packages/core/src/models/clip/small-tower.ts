import { nn, op, type Value } from "@retort/engine";
import { batchNorm, type NormStatistics } from "./batch-norm.ts";
import { GROUP_SIZE, type SmallConfig } from "./config.ts";
import type { TowerFeatures, TowerOptions } from "./image-tower.ts";

/**
 * The small tower on images x [B,C,H,W], H and W multiples of 16: convolutions to strides 4, 8 and 16, transformer blocks at
 * stride 16, then a feature pyramid (Lin et al. 2017) of embedDim channels. Every map of the pyramid lies in the joint space.
 */
export function smallTower(p: nn.Scope, x: Value, config: SmallConfig, options: TowerOptions): TowerFeatures {
  const { widths, embedDim } = config;
  const at: Layers = { config, statistics: options.statistics };
  const stem = convolution(p.at("stem"), x, { ...at, out: widths[0], kernel: 5, stride: 2 });
  const c4 = stage(p.at("stage4"), stem, { ...at, out: widths[0] });
  const c8 = stage(p.at("stage8"), c4, { ...at, out: widths[1] });
  const c16 = stage(p.at("stage16"), c8, { ...at, out: widths[2] });
  const tokens = transformer(p.at("transformer"), flatten(c16), config);
  const context = unflatten(tokens, c16);

  const lateral = (name: string, map: Value) => convolve(p.at(name), map, { out: embedDim, kernel: 1, stride: 1 });
  const smooth = (name: string, map: Value) =>
    convolution(p.at(name), map, { ...at, out: embedDim, kernel: 3, stride: 1 });
  const p16 = lateral("lateral16", context);
  const p8 = smooth("smooth8", op.add(lateral("lateral8", c8), upsample(p16)));
  const p4 = smooth("smooth4", op.add(lateral("lateral4", c4), upsample(p8)));

  const own: Record<number, Value> = { 4: c4, 8: c8, 16: context };
  const joint: Record<number, Value> = {
    4: convolve(p.at("joint4"), p4, { out: embedDim, kernel: 1, stride: 1 }),
    8: convolve(p.at("joint8"), p8, { out: embedDim, kernel: 1, stride: 1 }),
    16: convolve(p.at("joint16"), p16, { out: embedDim, kernel: 1, stride: 1 }),
  };
  const layers = options.layers.map((layer) => {
    const map = (options.projected ? joint : own)[layer]!;
    const [height, width] = map.shape.slice(2) as [number, number];
    return { layer, grid: { height, width }, values: flatten(map) };
  });
  const pooled = op.reduceMean(nn.layerNorm(p.at("norm"), tokens), { axes: [1] });
  const global = nn.linear(p.at("projection"), pooled, { out: embedDim, bias: false });
  // The pyramid's maps are part of the embedding, so that contrastive training reaches them.
  const means = Object.values(joint).map((map) => op.reduceMean(map, { axes: [2, 3] }));
  return { layers, embedding: means.reduce((sum, mean) => op.add(sum, mean), global) };
}

interface Layers {
  config: SmallConfig;
  statistics: NormStatistics;
}

interface Convolution {
  out: number;
  kernel: number;
  stride: number;
}

/** Halves the map, then one residual block of two convolutions. */
function stage(p: nn.Scope, x: Value, { out, ...at }: Layers & { out: number }): Value {
  const down = convolution(p.at("down"), x, { ...at, out, kernel: 3, stride: 2 });
  const inner = convolution(p.at("conv1"), down, { ...at, out, kernel: 3, stride: 1 });
  const residual = normalized(p.at("conv2"), convolve(p.at("conv2"), inner, { out, kernel: 3, stride: 1 }), at);
  return op.relu(op.add(down, residual));
}

/** Convolution, norm, ReLU. */
function convolution(p: nn.Scope, x: Value, { out, kernel, stride, ...at }: Layers & Convolution): Value {
  return op.relu(normalized(p, convolve(p, x, { out, kernel, stride }), at));
}

/** Parameters "weight" [out,in,k,k], He's initialisation for ReLU. The norm behind it brings the bias. */
function convolve(p: nn.Scope, x: Value, { out, kernel, stride }: Convolution): Value {
  const fanIn = x.shape[1]! * kernel * kernel;
  const init = nn.init.normal(Math.sqrt((kernel === 1 ? 1 : 2) / fanIn));
  const weight = p.parameter("weight", [out, x.shape[1]!, kernel, kernel], init);
  const pad = (kernel - 1) / 2;
  return op.conv(x, weight, { strides: [stride, stride], pads: [pad, pad, pad, pad] });
}

function normalized(p: nn.Scope, x: Value, { config, statistics }: Layers): Value {
  const norm = p.at("norm");
  if (config.norm === "batch") return batchNorm(norm, x, statistics);
  const channels = x.shape[1]!;
  return op.groupNormalization(x, {
    scale: norm.parameter("weight", [channels], nn.init.ones),
    bias: norm.parameter("bias", [channels], nn.init.zeros),
    num_groups: Math.max(1, channels / GROUP_SIZE),
  });
}

function transformer(p: nn.Scope, tokens: Value, { blocks, heads }: SmallConfig): Value {
  let x = tokens;
  for (let block = 0; block < blocks; block++) {
    x = nn.block.preln(p.at(`blocks.${block}`), x, { heads, activation: "gelu" });
  }
  return x;
}

function upsample(x: Value): Value {
  return op.resize(x, {
    scales: [1, 1, 2, 2],
    mode: "nearest",
    coordinate_transformation_mode: "asymmetric",
    nearest_mode: "floor",
  });
}

/** [B,C,H,W] -> [B, H·W, C]. */
function flatten(x: Value): Value {
  const [batch, channels, height, width] = x.shape as [number, number, number, number];
  return op.transpose(op.reshape(x, [batch, channels, height * width]), [0, 2, 1]);
}

function unflatten(tokens: Value, like: Value): Value {
  return op.reshape(op.transpose(tokens, [0, 2, 1]), like.shape);
}
