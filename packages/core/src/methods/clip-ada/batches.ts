// [node] Runs in the prefetch thread.
import { z } from "zod";
import { Rng } from "../../base/rng.ts";
import { anomalyDataParams } from "../../data/anomaly/choice.ts";
import type { Batch, BatchProducer } from "../../data/prefetch.ts";
import { synthesisParams } from "../../data/synthetic/anomaly/synthesis-params.ts";
import { NormalImages } from "./normal-images.ts";
import { sampleWindow } from "./training-window.ts";
import { windowParams } from "./window-params.ts";

export const clipAdaBatchOptions = z.strictObject({
  data: anomalyDataParams,
  synthesis: synthesisParams,
  window: windowParams,
  channels: z.union([z.literal(1), z.literal(3)]),
  /** Does the tower ask for the brightness of whole images? A train step refuses inputs that nothing reads. */
  givesBrightness: z.boolean(),
  sizePx: z.int().positive(),
  /** Share of each category's images that training does not see. */
  heldOut: z.number().min(0).max(0.9),
  batchSize: z.int().positive(),
  stepsPerRun: z.int().positive(),
  seed: z.int(),
});

export type ClipAdaBatchOptions = z.infer<typeof clipAdaBatchOptions>;

/** Batches for clipAdaTrainGraph(), stacked [K, B, ...]; batch i depends on the seed and i alone. */
export async function createBatchProducer(given: unknown): Promise<BatchProducer> {
  const options = clipAdaBatchOptions.parse(given);
  const images = await NormalImages.load(options, "train");
  const rng = Rng.fromSeed(options.seed).stream("clip-ada-batches");
  return {
    async batch(index: number): Promise<Batch> {
      const { stepsPerRun, batchSize, channels, window } = options;
      const { cropPx } = window;
      const rows = stepsPerRun * batchSize;
      const pixels = new Uint8Array(rows * cropPx * cropPx * channels);
      const brightness = new Float32Array(rows * 2);
      const mask = new Uint8Array(rows * cropPx * cropPx);
      for (let row = 0; row < rows; row++) {
        const sample = sampleWindow(images, {
          window,
          synthesis: options.synthesis,
          rng: rng.stream(`sample-${index * rows + row}`),
        });
        pixels.set(sample.pixels, row * sample.pixels.length);
        brightness.set(sample.brightness, row * 2);
        mask.set(sample.mask, row * sample.mask.length);
      }
      const lead = [stepsPerRun, batchSize];
      return {
        pixels: { dtype: "uint8", shape: [...lead, cropPx, cropPx, channels], data: pixels },
        ...(options.givesBrightness && { brightness: { dtype: "float32", shape: [...lead, 2], data: brightness } }),
        mask: { dtype: "uint8", shape: [...lead, cropPx, cropPx], data: mask },
      };
    },
  };
}
