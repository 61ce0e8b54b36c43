import { type Graph, graph, nn, op, type Value } from "@retort/engine";
import { infonce } from "../../losses/infonce.ts";
import { siglip } from "../../losses/siglip.ts";
import type { NormStatistics } from "./batch-norm.ts";
import type { ImageTowerConfig } from "./config.ts";
import { imageTower } from "./image-tower.ts";
import { embedTokens, type TextTowerConfig, textTower } from "./text-tower.ts";

export const contrastiveLosses = ["infonce", "siglip"] as const;

export interface PretrainGraphOptions {
  image: ImageTowerConfig;
  text: TextTowerConfig;
  loss: (typeof contrastiveLosses)[number];
  batchSize: number;
  sizePx: number;
  /** Seed of the initial weights: "image." as randomTower, "text." as randomText give them. */
  seed: number;
}

export interface PretrainGraph {
  graph: Graph;
  loss: Value;
  /** Share of the images whose own caption is the nearest of the batch. */
  accuracy: Value;
  measured: ReadonlyMap<string, { mean: Value; meanSquare: Value }>;
}

/** CLIP's logit scale begins at 1/0.07; SigLIP's at 10 with a bias of −10. */
const START = { infonce: { scale: Math.log(1 / 0.07), bias: 0 }, siglip: { scale: Math.log(10), bias: -10 } };

/** Inputs: `pixels` uint8 [B,S,S,C], `tokens` int64 [B,T], `end` int64 [B]. Sources: CLIP, SigLIP. */
export function pretrainGraph(options: PretrainGraphOptions): PretrainGraph {
  const { image, text, loss: kind, batchSize, sizePx, seed } = options;
  const g = graph("clip-pretrain");
  const pixels = g.input("pixels", { dtype: "uint8", shape: [batchSize, sizePx, sizePx, image.channels] });
  const tokens = g.input("tokens", { dtype: "int64", shape: [batchSize, text.numPositions] });
  const end = g.input("end", { dtype: "int64", shape: [batchSize] });
  const p = nn.scope(g, { seed });
  const measured = new Map<string, { mean: Value; meanSquare: Value }>();
  const statistics: NormStatistics = { from: "batch", measured };
  const { embedding: images } = imageTower(p.at("image"), pixels, image, { statistics });
  const texts = textTower(p.at("text"), { x: embedTokens(p.at("text"), tokens, text), end }, text);
  const logitScale = scalar(p, "logitScale", START[kind].scale);
  const loss =
    kind === "infonce"
      ? infonce.build({ image: images, text: texts, logitScale }, { normalize: true })
      : siglip.build(
          { image: images, text: texts, logitScale, logitBias: scalar(p, "logitBias", START.siglip.bias) },
          { normalize: true },
        );
  const cosines = op.matMul(nn.normalize(images), op.transpose(nn.normalize(texts), [1, 0]));
  const own = g.constant([...Array(batchSize).keys()], "int64");
  const right = op.cast(op.equal(op.argMax(cosines, { axis: 1 }), own), "float32");
  return { graph: g, loss, accuracy: op.reduceMean(right), measured };
}

function scalar(p: nn.Scope, name: string, value: number): Value {
  return op.reshape(p.parameter(name, [1], nn.init.constant(value)), []);
}
