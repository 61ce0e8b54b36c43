// [node]
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as yieldToEvents } from "node:timers/promises";
import type { Tensor } from "@retort/engine";
import { compile, type Program } from "@retort/engine/node";
import type { VqaSplit } from "../../data/dataset.ts";
import { type DecodeOptions, decodeImages } from "../../data/images.ts";
import { loadDataset } from "../../data/loaders.ts";
import { mergedWidth, numImageTokens } from "../../models/llava/config.ts";
import { readEncoder } from "../../models/llava/encoder-file.ts";
import { featuresGraph } from "../../models/llava/encoder-graph.ts";
import { encodeFeatures, encoderSha256 } from "../../models/llava/features-file.ts";
import { pictureOptions } from "../../models/llava/picture.ts";
import { reportSkipped } from "../report-skipped.ts";
import type { StageContext } from "../stage.ts";
import type { VisionFeaturesParams } from "./definition.ts";

const IMAGES_AT_ONCE = 64;

export async function runVisionFeatures(context: StageContext<VisionFeaturesParams>): Promise<void> {
  const { params, signal } = context;
  const encoder = readEncoder(await readFile(context.inputs.encoder!), "input encoder");
  const data = await loadDataset(params.data, signal);
  reportSkipped(data, context);
  const sizes = { ...encoder.config, picture: encoder.picture, projector: params.merge };
  const shape = [numImageTokens(sizes), mergedWidth(sizes)] as const;
  const program = await compile(featuresGraph(sizes, IMAGES_AT_ONCE), {
    provider: params.device,
    threads: params.threads,
    weights: encoder.weights,
  });
  try {
    const total = data.train.imageIds.length + data.test.imageIds.length;
    let done = 0;
    const progress = (count: number) => {
      done += count;
      context.progress(done, total, "pictures");
    };
    const features = new Map<string, Tensor>();
    for (const split of [data.train, data.test]) {
      const options = { sizePx: sizes.imageSizePx, picture: pictureOptions(sizes), signal };
      const settings = { shape, options, progress };
      features.set(split.name, await featuresOf(split, program, settings));
    }
    const path = join(context.workDir, "features.safetensors");
    const imageIds = { train: [...data.train.imageIds], test: [...data.test.imageIds] };
    await writeFile(
      path,
      encodeFeatures(features, { ...sizes, encoderSha256: encoderSha256(encoder.weights), imageIds }),
    );
    await context.artifact("features", path, { fileName: "features.safetensors", numImages: total });
  } finally {
    await program.dispose();
  }
}

interface Settings {
  shape: readonly [number, number];
  options: DecodeOptions & { signal: AbortSignal };
  progress(count: number): void;
}

/** float16 [N, imageTokens, mergedWidth]; the last batch is filled up with zeros. */
async function featuresOf(split: VqaSplit, program: Program, { shape, options, progress }: Settings): Promise<Tensor> {
  const { imageIds } = split;
  const { sizePx, signal } = options;
  const stride = shape[0] * shape[1];
  const data = new Uint16Array(imageIds.length * stride);
  for (let first = 0; first < imageIds.length; first += IMAGES_AT_ONCE) {
    signal.throwIfAborted();
    const ids = imageIds.slice(first, first + IMAGES_AT_ONCE);
    const pixels = new Uint8Array(IMAGES_AT_ONCE * sizePx * sizePx * 3);
    pixels.set(
      await decodeImages(
        ids.map((id) => split.image(id)),
        options,
      ),
    );
    const fed = { dtype: "uint8", shape: [IMAGES_AT_ONCE, sizePx, sizePx, 3], data: pixels } as const;
    const { features } = await program.run({ pixels: fed });
    data.set((features!.data as Uint16Array).subarray(0, ids.length * stride), first * stride);
    progress(ids.length);
    await yieldToEvents();
  }
  return { dtype: "float16", shape: [imageIds.length, ...shape], data };
}
