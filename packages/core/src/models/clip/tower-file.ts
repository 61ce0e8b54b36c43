import { exportOnnx, type Graph, graph, importOnnx, nn, onnxMetadata, type Tensor } from "@retort/engine";
import { z } from "zod";
import { DataError } from "../../base/errors.ts";
import { type ImageTowerConfig, imageTowerConfig, towerLayers } from "./config.ts";
import { imageTower } from "./image-tower.ts";

/** An image tower with its weights. */
export interface ImageTower {
  config: ImageTowerConfig;
  /** Parameters by name, without prefix. */
  weights: ReadonlyMap<string, Tensor>;
}

const METADATA_KEY = "retort.image-tower";

const header = z.strictObject({ config: imageTowerConfig, parameters: z.array(z.string()) });

/** A tower with random weights that the seed decides. */
export function randomTower(config: ImageTowerConfig, seed: number): ImageTower {
  const { graph: built } = towerGraph(config, { seed });
  return { config, weights: new Map([...built.parameters].map(([name, { tensor }]) => [name, tensor!])) };
}

/** One self-describing ONNX file, pixels -> patch features and embedding at the tower's own size, configuration as metadata. */
export function writeTower({ config, weights }: ImageTower): Uint8Array {
  const { graph: built } = towerGraph(config, { weights });
  return exportOnnx(built, {
    weights,
    metadata: { [METADATA_KEY]: JSON.stringify({ config, parameters: [...built.parameters.keys()] }) },
  });
}

/** @throws DataError when the file is an ONNX model of another origin; ModelError when it is no ONNX model. */
export function readTower(bytes: Uint8Array, where: string): ImageTower {
  const metadata = onnxMetadata(bytes);
  const text = metadata[METADATA_KEY];
  if (text === undefined) {
    throw new DataError({
      code: "DATA_NOT_AN_IMAGE_TOWER",
      message: "This ONNX file does not say how its image tower is built",
      expected: `metadata "${METADATA_KEY}"`,
      got: Object.keys(metadata).join(", ") || "no metadata",
      where,
      fix: "Use the tower artifact of a clip-pretrain, clip-import or clip-ada-train stage.",
    });
  }
  const { config, parameters } = header.parse(JSON.parse(text));
  const stored = importOnnx(bytes).parameters;
  const weights = new Map(
    parameters.map((name) => {
      const tensor = stored.get(name)?.tensor;
      if (tensor) return [name, tensor];
      throw new DataError({
        code: "DATA_MISSING_WEIGHT",
        message: "A weight that the file announces is not in it",
        expected: name,
        got: "no initializer of that name",
        where,
      });
    }),
  );
  return { config, weights };
}

/** Pixels uint8 [1,S,S,C] at the tower's own size (256 for the small tower). */
function towerGraph(
  config: ImageTowerConfig,
  given: { seed: number } | { weights: ReadonlyMap<string, Tensor> },
): { graph: Graph } {
  const g = graph("image-tower");
  const sizePx = config.kind === "vit" ? config.imageSizePx : 256;
  const pixels = g.input("pixels", { dtype: "uint8", shape: [1, sizePx, sizePx, config.channels] });
  const { layers, embedding } = imageTower(nn.scope(g, given), pixels, config, { layers: towerLayers(config) });
  for (const { layer, values } of layers) g.output(`layer${layer}`, values);
  g.output("embedding", embedding);
  return { graph: g };
}
