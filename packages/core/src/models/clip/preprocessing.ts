import { op, type Value } from "@retort/engine";
import type { ImageTowerConfig } from "./config.ts";

/** Deviations below this are taken as this: an even picture is not blown up to noise. Pixels in [0, 1]. */
const LOWEST_STD = 0.02;

const LUMA = [0.299, 0.587, 0.114];

/**
 * Mean and standard deviation of each image's brightness, pixels in [0, 1]: `pixels` uint8 or float [B,H,W,3|1] -> [B,2].
 * Where only a window of an image is encoded, these are to come from the whole image.
 */
export function imageStatistics(pixels: Value): Value {
  const luma = grey(unit(pixels));
  const axes = [1, 2, 3];
  const mean = op.reduceMean(luma, { axes, keepdims: true });
  const variance = op.reduceMean(op.square(op.sub(luma, mean)), { axes, keepdims: true });
  const batch = luma.shape[0]!;
  return op.concat([op.reshape(mean, [batch, 1]), op.reshape(op.sqrt(variance), [batch, 1])], 1);
}

/**
 * What a tower sees: `pixels` uint8, or float in [0, 1], [B,H,W,3|1] -> float32 [B,C,H,W], C = config.channels, brightness
 * made alike image by image as the configuration says. `statistics` [B,2] as imageStatistics gives them; default: of `pixels`.
 */
export function preprocess(pixels: Value, config: ImageTowerConfig, statistics?: Value): Value {
  const scaled = unit(pixels);
  const shown = op.transpose(toChannels(scaled, config.channels), [0, 3, 1, 2]);
  const batch = shown.shape[0]!;
  if (config.brightness === "none") return channelNormalized(shown, config);
  const found = statistics ?? imageStatistics(pixels);
  const part = (at: number) =>
    op.reshape(op.slice(found, { axes: [1], starts: [at], ends: [at + 1] }), [batch, 1, 1, 1]);
  const centered = op.sub(shown, part(0));
  if (config.brightness === "standardize") return op.div(centered, op.max(part(1), LOWEST_STD));
  return channelNormalized(op.add(centered, 0.5), config);
}

/** [B,H,W,3|1] uint8 or float -> float32 in [0, 1]. */
function unit(pixels: Value): Value {
  return pixels.dtype === "uint8" ? op.mul(op.cast(pixels, "float32"), 1 / 255) : pixels;
}

function grey(scaled: Value): Value {
  if (scaled.shape[3] === 1) return scaled;
  return op.reduceSum(op.mul(scaled, scaled.graph.constant(LUMA)), { axes: [3], keepdims: true });
}

function toChannels(scaled: Value, channels: 1 | 3): Value {
  const [batch, height, width, has] = scaled.shape as [number, number, number, number];
  if (has === channels) return scaled;
  return channels === 1 ? grey(scaled) : op.expand(scaled, [batch, height, width, 3]);
}

function channelNormalized(x: Value, config: ImageTowerConfig): Value {
  // The small tower has no published statistics: [0, 1] becomes [-2, 2], about the range that standardising gives.
  if (config.kind === "small") return op.mul(op.sub(x, 0.5), 4);
  const perChannel = (values: readonly number[]) =>
    x.graph.constant({ dtype: "float32", shape: [3, 1, 1], data: Float32Array.from(values) });
  return op.div(op.sub(x, perChannel(config.mean)), perChannel(config.std));
}
