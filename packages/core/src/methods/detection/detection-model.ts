// [node]
import { importOnnx, ModelError } from "@retort/engine";
import { compile, type Provider } from "@retort/engine/node";
import type { ImageSource } from "../../data/dataset.ts";
import { decodeImages, imageSize as sizeOf } from "../../data/images.ts";
import type { MapSize } from "../anomaly-evaluation/resize-map.ts";
import { looksCloser } from "../clip-ada/detection.ts";
import { type ClipAdaModel, detectionOf, readClipAda } from "../clip-ada/model-file.ts";
import { clipAdaScorer } from "../clip-ada/scorer.ts";

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
 * A CLIP-ADA file that says so is applied with its regions and windows, so that maps and scores are those of its evaluation.
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
  const detection = detectionOf(bytes);
  if (detection !== null && looksCloser(detection)) return closerModel(readClipAda(bytes, where), settings);
  const program = await compile(graph, settings);
  return {
    async detect(source) {
      const [rgb, imageSize] = await Promise.all([
        decodeImages([source], { sizePx: height, widthPx: width }),
        sizeOf(source),
      ]);
      const data = channels === 3 ? rgb : greyOf(rgb);
      const feeds = { [input.name]: { dtype: "uint8", shape: [1, height, width, channels], data } } as const;
      const { map, score } = await program.run(feeds, { only: ["map", "score"] });
      const [mapHeight, mapWidth] = map!.shape.slice(-2) as [number, number];
      return withPeak({
        score: (score!.data as Float32Array)[0]!,
        map: map!.data as Float32Array,
        mapSize: { width: mapWidth, height: mapHeight },
        imageSize,
      });
    },
    dispose: () => program.dispose(),
  };
}

/** CLIP-ADA with regions or windows, which the file's graph has no part of: by the code that its evaluation uses. */
async function closerModel(
  model: ClipAdaModel,
  settings: { provider: Provider; threads: number },
): Promise<DetectionModel> {
  const scorer = await clipAdaScorer(model, { detection: model.detection, batchSize: 1, ...settings });
  return {
    async detect(source) {
      const [rgb, imageSize] = await Promise.all([
        decodeImages([source], { sizePx: scorer.imageSizePx }),
        sizeOf(source),
      ]);
      const { maps, width, height, scores } = await scorer.score(rgb, 1, (_, sizePx) =>
        decodeImages([source], { sizePx }),
      );
      return withPeak({ score: scores[0]!, map: maps, mapSize: { width, height }, imageSize });
    },
    dispose: () => scorer.dispose(),
  };
}

function withPeak(found: Omit<Detection, "peak">): Detection {
  const { map, mapSize, imageSize } = found;
  let best = 0;
  for (let at = 1; at < map.length; at++) if (map[at]! > map[best]!) best = at;
  const [column, row] = [best % mapSize.width, Math.floor(best / mapSize.width)];
  return {
    ...found,
    peak: {
      x: Math.floor(((column + 0.5) * imageSize.width) / mapSize.width),
      y: Math.floor(((row + 0.5) * imageSize.height) / mapSize.height),
      value: map[best]!,
    },
  };
}

/** The brightness of RGB pixels, rounded. */
function greyOf(rgb: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: rgb.length / 3 }, (_, at) =>
    Math.round(0.299 * rgb[3 * at]! + 0.587 * rgb[3 * at + 1]! + 0.114 * rgb[3 * at + 2]!),
  );
}
