import { nn, op, type Value } from "@retort/engine";
import type { PatchFeatures } from "../../models/clip/image-tower.ts";
import type { ClipAdaParams } from "./params.ts";
import type { PromptPair } from "./prompt.ts";
import { enlargedSmoothly } from "./smoothing.ts";

export interface AnomalyInput {
  features: readonly PatchFeatures[];
  prompts: PromptPair;
  /** Of the map. */
  size: { height: number; width: number };
  /** Standard deviation of the Gaussian over the map, in pixels; default 0: none. */
  smoothingPx?: number;
}

export interface AnomalyLogits {
  /** Logit of each pixel, [B,1,H,W]: the layers' maps, enlarged (bilinear) and averaged. */
  map: Value;
  /** Logit of each image, [B], from the finest layer's map as imageScore says. */
  image: Value;
}

/**
 * scale · (cos(f, abnormal) − cos(f, normal)) + bias for patch features f: the logit of a softmax over the two prompts, moved
 * by a bias. "Localise by similarity of prompt and patch features" is the paper's; the rest is ours.
 */
export function anomalyLogits(
  p: nn.Scope,
  { features, prompts, size, smoothingPx = 0 }: AnomalyInput,
  params: ClipAdaParams,
): AnomalyLogits {
  const { adapter, scale, bias, learnScale } = params;
  const direction = op.reshape(op.sub(prompts.abnormal, prompts.normal), [prompts.normal.shape[0]!, 1]);
  const logScale = p.parameter("similarity.logScale", [1], nn.init.constant(Math.log(scale)));
  const offset = p.parameter("similarity.bias", [1], nn.init.constant(bias));
  if (!learnScale) for (const value of [logScale, offset]) value.trainable = false;
  const maps = features.map(({ layer, grid, values }) => {
    const adapted = adapter === "linear" ? op.add(values, residual(p.at(`adapter.${layer}`), values)) : values;
    const cosines = op.matMul(nn.normalize(adapted), direction);
    const logits = op.add(op.mul(cosines, op.exp(logScale)), offset);
    return op.reshape(logits, [values.shape[0]!, 1, grid.height, grid.width]);
  });
  const large = maps.map((map) => (smoothingPx === 0 ? enlarged(map, size) : enlargedSmoothly(map, size, smoothingPx)));
  const total = large.reduce((sum, map) => op.add(sum, map));
  const finest = maps.reduce((best, map) => (map.shape[2]! > best.shape[2]! ? map : best));
  return { map: op.mul(total, 1 / large.length), image: imageLogit(finest, params) };
}

/** A linear map that begins as nothing, so that adaptation starts from the tower's own features. */
function residual(p: nn.Scope, x: Value): Value {
  return nn.linear(p, x, { out: x.shape[2]!, bias: true, init: nn.init.zeros });
}

function enlarged(map: Value, { height, width }: { height: number; width: number }): Value {
  const [batch] = map.shape as [number];
  return op.resize(map, {
    sizes: [batch, 1, height, width],
    mode: "linear",
    coordinate_transformation_mode: "half_pixel",
  });
}

/** [B] from a map [B,1,h,w]. */
function imageLogit(map: Value, { imageScore, imageTop, imagePool }: ClipAdaParams): Value {
  if (imageScore === "pooled") return highestSquare(map, imagePool);
  const highest = topMean(map, imageTop);
  return imageScore === "highest" ? highest : op.sub(highest, op.reduceMean(map, { axes: [1, 2, 3] }));
}

/** The highest mean over a square of patches: single patches stand out on any texture. Source: DRAEM (21 px), UniAD (16 px). */
function highestSquare(map: Value, side: number): Value {
  const [, , height, width] = map.shape as [number, number, number, number];
  const kernel = [Math.min(side, height), Math.min(side, width)];
  return op.reduceMax(op.averagePool(map, { kernel_shape: kernel, strides: [1, 1] }), { axes: [1, 2, 3] });
}

/** Mean of the highest `count` values of each [1,h,w]. */
function topMean(map: Value, count: number): Value {
  const [batch, , height, width] = map.shape as [number, number, number, number];
  const flat = op.reshape(map, [batch, height * width]);
  return op.reduceMean(op.topK(flat, { k: Math.min(count, height * width) }).values, { axes: [1] });
}
