import { type Graph, graph, nn, op } from "@retort/engine";
import { imageTower } from "../../models/clip/image-tower.ts";
import { imageStatistics } from "../../models/clip/preprocessing.ts";
import { anomalyLogits } from "./anomaly-logits.ts";
import type { ClipAdaModel } from "./model-file.ts";
import { enlargedSmoothly } from "./smoothing.ts";

export interface DetectionGraphOptions {
  batchSize: number;
  heightPx: number;
  widthPx: number;
  /** Standard deviation of the Gaussian over the map; 0: none. */
  smoothingPx: number;
  /** "image": from the pixels themselves. "input": given, since the pixels are windows of larger images. */
  brightness: "image" | "input";
}

/**
 * `pixels` uint8 [B,H,W,C] (and `brightness` float [B,2]) -> `map` [B,H,W] and `score` [B], logits as they are, never clamped.
 * The prompts are in it as two vectors; neither text tower nor tokenizer is needed any more.
 */
export function detectionGraph({ image, params, weights }: ClipAdaModel, options: DetectionGraphOptions): Graph {
  const { batchSize, heightPx: height, widthPx: width, smoothingPx } = options;
  const g = graph("clip-ada");
  const pixels = g.input("pixels", { dtype: "uint8", shape: [batchSize, height, width, image.channels] });
  const brightness =
    options.brightness === "input"
      ? g.input("brightness", { dtype: "float32", shape: [batchSize, 2] })
      : imageStatistics(pixels);
  const p = nn.scope(g, { weights, trainable: false });
  const { layers } = imageTower(p.at("image"), pixels, image, { layers: params.layers, brightness });
  const vector = (name: string) => p.parameter(name, [image.embedDim], nn.init.zeros);
  const prompts = { normal: vector("prompts.normal"), abnormal: vector("prompts.abnormal") };
  const { map, image: score } = anomalyLogits(
    p,
    { features: layers, prompts, size: { height, width }, smoothingPx },
    params,
  );
  g.output("map", op.reshape(map, [batchSize, height, width]));
  g.output("score", score);
  return g;
}

/** `map` [1,S,S] -> `smooth` [1,S,S], for maps that were fused outside of a graph. */
export function smoothingGraph(sizePx: number, sigmaPx: number): Graph {
  const g = graph("smoothing");
  const map = g.input("map", { dtype: "float32", shape: [1, sizePx, sizePx] });
  const smooth = enlargedSmoothly(op.reshape(map, [1, 1, sizePx, sizePx]), { height: sizePx, width: sizePx }, sigmaPx);
  g.output("smooth", op.reshape(smooth, [1, sizePx, sizePx]));
  return g;
}
