import { type Graph, graph, nn, op, type Tensor, type Value } from "@retort/engine";
import { bceWithLogits } from "../../losses/bce-with-logits.ts";
import { dice } from "../../losses/dice.ts";
import { focalBinary } from "../../losses/focal-binary.ts";
import type { NormStatistics } from "../../models/clip/batch-norm.ts";
import { imageTower } from "../../models/clip/image-tower.ts";
import type { TextTower } from "../../models/clip/text-file.ts";
import type { ImageTower } from "../../models/clip/tower-file.ts";
import { anomalyLogits } from "./anomaly-logits.ts";
import type { ClipAdaParams, LossWeights } from "./params.ts";
import { promptPair } from "./prompt.ts";

export interface ClipAdaTrainGraphOptions {
  image: ImageTower;
  text: TextTower;
  params: ClipAdaParams;
  losses: LossWeights;
  batchSize: number;
  /** Width and height of the windows that are trained on. */
  cropPx: number;
  /** Seed of prompts and adapters. */
  seed: number;
}

export interface ClipAdaTrainGraph {
  graph: Graph;
  loss: Value;
  metrics: Record<string, Value>;
  /** What batch normalisation measures in each batch, by the layer's full name; empty when the tower is frozen. */
  measured: ReadonlyMap<string, { mean: Value; meanSquare: Value }>;
  /** Unit vectors [E] for the model file. */
  prompts: { normal: Value; abnormal: Value };
}

/**
 * Inputs: `pixels` uint8 [B,c,c,C], `brightness` float [B,2] of the whole images unless the tower takes them as they are, `mask` uint8 [B,c,c], 1 where anomalous.
 * Parameters: "image.", "text.", "prompt.", "adapter.", "similarity."; the regime decides which of them learn, and the text
 * tower never does.
 */
export function clipAdaTrainGraph(options: ClipAdaTrainGraphOptions): ClipAdaTrainGraph {
  const { image, text, params, losses, batchSize, cropPx, seed } = options;
  const g = graph("clip-ada");
  const pixels = g.input("pixels", { dtype: "uint8", shape: [batchSize, cropPx, cropPx, image.config.channels] });
  const brightness =
    image.config.brightness === "none" ? undefined : g.input("brightness", { dtype: "float32", shape: [batchSize, 2] });
  const mask = g.input("mask", { dtype: "uint8", shape: [batchSize, cropPx, cropPx] });

  const learnsTower = params.regime === "small-tower-trained-here";
  const measured = new Map<string, { mean: Value; meanSquare: Value }>();
  const statistics: NormStatistics = learnsTower ? { from: "batch", measured } : { from: "parameters" };
  const { layers } = imageTower(
    nn.scope(g, { prefix: "image.", weights: prefixed("image.", image.weights), trainable: learnsTower }),
    pixels,
    image.config,
    { layers: params.layers, statistics, brightness },
  );
  const learnt = nn.scope(g, { seed });
  const prompts = promptPair(
    {
      text: nn.scope(g, { prefix: "text.", weights: prefixed("text.", text.weights), trainable: false }),
      prompt: learnt.at("prompt"),
    },
    text,
    params.prompt,
  );
  const size = { height: cropPx, width: cropPx };
  const { map, image: imageLogits } = anomalyLogits(learnt, { features: layers, prompts, size }, params);

  const logits = op.reshape(map, [batchSize, cropPx * cropPx]);
  const targets = op.reshape(op.cast(mask, "float32"), [batchSize, cropPx * cropPx]);
  const imageTargets = op.reduceMax(targets, { axes: [1] });
  const parts: Record<string, Value> = {};
  const mean = { reduction: "mean", posWeight: null } as const;
  if (losses.pixelBce > 0) parts.pixelBce = bceWithLogits.build({ logits, targets }, mean);
  if (losses.pixelFocal > 0) parts.pixelFocal = focalBinary.build({ logits, targets }, { gamma: 2, alpha: null });
  if (losses.dice > 0) {
    // Over the batch as one sample: images without a defect have no overlap to speak of.
    const whole = (x: Value) => op.reshape(x, [1, batchSize * cropPx * cropPx]);
    parts.dice = dice.build({ input: whole(logits), targets: whole(targets) }, { smooth: 1, fromLogits: true });
  }
  if (losses.imageBce > 0) parts.imageBce = bceWithLogits.build({ logits: imageLogits, targets: imageTargets }, mean);
  const weighted = Object.entries(parts).map(([name, value]) => op.mul(value, losses[name as keyof LossWeights]));
  const loss = weighted.reduce((sum, value) => op.add(sum, value));
  return { graph: g, loss, metrics: parts, measured, prompts };
}

function prefixed(prefix: string, weights: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  return new Map([...weights].map(([name, tensor]) => [prefix + name, tensor]));
}
