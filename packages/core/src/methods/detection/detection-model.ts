// [node]
import { importOnnx, ModelError } from "@retort/engine";
import { compile, type Provider } from "@retort/engine/node";
import type { ImageSource } from "../../data/dataset.ts";
import { decodeImages, imageSize } from "../../data/images.ts";
import type { MapSize } from "../anomaly-evaluation/resize-map.ts";

/** What a detector says of one picture. */
export interface Detection {
  /** Higher is more anomalous, as the model gives it. */
  score: number;
  /** [size.height, size.width]. */
  map: Float32Array;
  mapSize: MapSize;
  /** Size of the upright picture. */
  imageSize: MapSize;
  /** Where the map is highest, in pixels of the picture. */
  peak: { x: number; y: number; value: number };
}

export interface DetectionModel {
  detect(source: ImageSource): Promise<Detection>;
  dispose(): Promise<void>;
}

/**
 * A detector from its ONNX file: one input uint8 [1,H,W,3] (or [1,H,W,1], grey), outputs `map` [1,h,w] and `score` [1].
 * @throws ModelError for a file of another kind
 */
export async function openDetectionModel(
  bytes: Uint8Array,
  { where, ...settings }: { where: string; provider: Provider; threads: number },
): Promise<DetectionModel> {
  const graph = importOnnx(bytes);
  const [input, ...others] = graph.inputs;
  const [, height, width, channels] = (input?.shape ?? []) as [number, number, number, number];
  const isImage = input?.dtype === "uint8" && input.shape.length === 4 && input.shape[0] === 1;
  const outputs = [...graph.outputs.keys()];
  if (
    !isImage ||
    others.length > 0 ||
    ![1, 3].includes(channels) ||
    !outputs.includes("map") ||
    !outputs.includes("score")
  ) {
    throw new ModelError({
      code: "NOT_A_DETECTOR",
      message: "This ONNX file is no detector",
      expected: "one input uint8 [1,H,W,3], outputs map and score",
      got: `inputs ${graph.inputs.map(({ name, dtype, shape }) => `${name} ${dtype} [${shape}]`).join(", ")}; outputs ${outputs.join(", ")}`,
      where,
      fix: "Give the model artifact of a clip-ada-train, patchcore, padim or memory-bank stage.",
    });
  }
  const program = await compile(graph, settings);
  return {
    async detect(source) {
      const [rgb, size] = await Promise.all([
        decodeImages([source], { sizePx: height, widthPx: width }),
        imageSize(source),
      ]);
      const data = channels === 3 ? rgb : greyOf(rgb);
      const feeds = { [input.name]: { dtype: "uint8", shape: [1, height, width, channels], data } } as const;
      const { map, score } = await program.run(feeds, { only: ["map", "score"] });
      const values = map!.data as Float32Array;
      const [mapHeight, mapWidth] = map!.shape.slice(-2) as [number, number];
      let best = 0;
      for (let at = 1; at < values.length; at++) if (values[at]! > values[best]!) best = at;
      return {
        score: (score!.data as Float32Array)[0]!,
        map: values,
        mapSize: { width: mapWidth, height: mapHeight },
        imageSize: size,
        peak: {
          x: Math.floor((((best % mapWidth) + 0.5) * size.width) / mapWidth),
          y: Math.floor(((Math.floor(best / mapWidth) + 0.5) * size.height) / mapHeight),
          value: values[best]!,
        },
      };
    },
    dispose: () => program.dispose(),
  };
}

/** The brightness of RGB pixels, rounded. */
function greyOf(rgb: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: rgb.length / 3 }, (_, at) =>
    Math.round(0.299 * rgb[3 * at]! + 0.587 * rgb[3 * at + 1]! + 0.114 * rgb[3 * at + 2]!),
  );
}
