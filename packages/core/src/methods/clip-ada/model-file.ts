import type { Tensor } from "@retort/engine";
import { z } from "zod";
import { type ImageTowerConfig, imageTowerConfig } from "../../models/clip/config.ts";
import {
  type DescribedFile,
  readDescribed,
  readDescription,
  writeDescribed,
} from "../../models/clip/described-file.ts";
import { type DetectionParams, detectionParams } from "./detection.ts";
import { detectionGraph } from "./detection-graph.ts";
import { type ClipAdaParams, clipAdaParams } from "./params.ts";

/** A trained detector: image tower, adapters and the prompts folded into two vectors. */
export interface ClipAdaModel {
  image: ImageTowerConfig;
  params: ClipAdaParams;
  /** How it is best applied, chosen on synthetic anomalies in held-out training images. */
  detection: DetectionParams;
  /** "image.*", "adapter.*", "similarity.*", "prompts.normal" and "prompts.abnormal". */
  weights: ReadonlyMap<string, Tensor>;
}

const description = z.strictObject({ image: imageTowerConfig, params: clipAdaParams, detection: detectionParams });

const modelFile: DescribedFile<typeof description> = {
  key: "retort.clip-ada",
  what: "a CLIP-ADA detector",
  fix: "Use the model artifact of a clip-ada-train stage.",
  description,
};

/**
 * One deployable ONNX file: an image -> map and score; configuration as metadata. The graph encodes the whole image once: where the
 * configuration refines regions or slides windows, only a Detector with it gives the evaluation's maps.
 */
export function writeClipAda(model: ClipAdaModel): Uint8Array {
  const { image, params, detection, weights } = model;
  const graph = detectionGraph(model, {
    batchSize: 1,
    heightPx: detection.sizePx,
    widthPx: detection.sizePx,
    smoothingPx: detection.smoothingPx,
    brightness: "image",
  });
  return writeDescribed(modelFile, { description: { image, params, detection }, weights, graph });
}

/** How a CLIP-ADA detector is applied; null for a model of another kind. @throws ModelError when the bytes are no ONNX model. */
export const detectionOf = (bytes: Uint8Array): DetectionParams | null =>
  readDescription(modelFile, bytes)?.detection ?? null;

/** @throws DataError when the file is an ONNX model of another origin; ModelError when it is no ONNX model. */
export function readClipAda(bytes: Uint8Array, where: string): ClipAdaModel {
  const { description: found, weights } = readDescribed(modelFile, bytes, where);
  return { ...found, weights };
}
