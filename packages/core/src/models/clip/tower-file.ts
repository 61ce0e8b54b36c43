import { type Graph, graph, nn, type Tensor } from "@retort/engine";
import { z } from "zod";
import { type ImageTowerConfig, imageTowerConfig, towerLayers } from "./config.ts";
import { type DescribedFile, readDescribed, writeDescribed } from "./described-file.ts";
import { imageTower } from "./image-tower.ts";

/** An image tower with its weights. */
export interface ImageTower {
  config: ImageTowerConfig;
  /** Parameters by name, without prefix. */
  weights: ReadonlyMap<string, Tensor>;
}

const description = z.strictObject({ config: imageTowerConfig });

const towerFile: DescribedFile<typeof description> = {
  key: "retort.image-tower",
  what: "an image tower",
  fix: "Use the tower artifact of a clip-pretrain, clip-import or clip-ada-train stage.",
  description,
};

/** A tower with random weights that the seed decides. */
export function randomTower(config: ImageTowerConfig, seed: number): ImageTower {
  const built = towerGraph(config, { seed });
  return { config, weights: new Map([...built.parameters].map(([name, { tensor }]) => [name, tensor!])) };
}

/** One self-describing ONNX file, pixels -> patch features and embedding at the tower's own size. */
export function writeTower({ config, weights }: ImageTower): Uint8Array {
  return writeDescribed(towerFile, { description: { config }, weights, graph: towerGraph(config, { weights }) });
}

/** @throws DataError when the file is an ONNX model of another origin; ModelError when it is no ONNX model. */
export function readTower(bytes: Uint8Array, where: string): ImageTower {
  const { description: found, weights } = readDescribed(towerFile, bytes, where);
  return { config: found.config, weights };
}

/** Pixels uint8 [1,S,S,C] at the tower's own size (256 for the small tower). */
function towerGraph(
  config: ImageTowerConfig,
  given: { seed: number } | { weights: ReadonlyMap<string, Tensor> },
): Graph {
  const g = graph("image-tower");
  const sizePx = config.kind === "vit" ? config.imageSizePx : 256;
  const pixels = g.input("pixels", { dtype: "uint8", shape: [1, sizePx, sizePx, config.channels] });
  const { layers, embedding } = imageTower(nn.scope(g, given), pixels, config, { layers: towerLayers(config) });
  for (const { layer, values } of layers) g.output(`layer${layer}`, values);
  g.output("embedding", embedding);
  return g;
}
