// [node] Runs in the prefetch thread.
import { z } from "zod";
import { DataError } from "../base/errors.ts";
import { Rng } from "../base/rng.ts";
import { captionParams } from "../data/captions/choice.ts";
import { loadCaptions } from "../data/captions/loaders.ts";
import { decodeImages } from "../data/images.ts";
import type { Batch, BatchProducer } from "../data/prefetch.ts";
import { tokenizerFromJSON } from "../data/tokenizers/index.ts";
import { textRows } from "../models/clip/text-rows.ts";
import { augmentInto } from "./augment.ts";

export const captionBatchOptions = z.strictObject({
  captions: captionParams,
  tokenizer: z.unknown(),
  numPositions: z.int().positive(),
  channels: z.union([z.literal(1), z.literal(3)]),
  sizePx: z.int().positive(),
  batchSize: z.int().positive(),
  stepsPerRun: z.int().positive(),
  seed: z.int(),
});

export type CaptionBatchOptions = z.infer<typeof captionBatchOptions>;

/**
 * Batches for clipPretrainGraph(), stacked [K, B, ...]. The captions of a batch differ, since another picture with the same
 * caption would count as a wrong pair; batch i depends on the seed and i alone.
 * @throws DataError when there are fewer captions than pictures in a batch.
 */
export async function createBatchProducer(given: unknown): Promise<BatchProducer> {
  const options = captionBatchOptions.parse(given);
  const { sizePx, channels, batchSize, stepsPerRun, numPositions } = options;
  const images = await loadCaptions(options.captions, new AbortController().signal);
  const rgb = await decodeImages(
    images.map((image) => image.image()),
    { sizePx },
  );
  const stride = sizePx * sizePx * 3;
  const byCaption = new Map<string, number[]>();
  for (const [at, { caption }] of images.entries()) byCaption.set(caption, [...(byCaption.get(caption) ?? []), at]);
  const captions = [...byCaption.keys()].sort();
  if (captions.length < batchSize) throw tooFewCaptions(captions.length, batchSize);
  const tokenizer = tokenizerFromJSON(options.tokenizer);
  const rng = Rng.fromSeed(options.seed).stream("caption-batches");

  const step = (number: number) => {
    const own = rng.stream(`step-${number}`);
    const chosen = own.shuffle([...captions]).slice(0, batchSize);
    const pixels = new Uint8Array(batchSize * stride);
    for (const [row, caption] of chosen.entries()) {
      const at = own.pick(byCaption.get(caption)!);
      augmentInto(pixels.subarray(row * stride, (row + 1) * stride), rgb.subarray(at * stride, (at + 1) * stride), {
        sizePx,
        shiftPx: Math.round(sizePx / 16),
        flip: "both",
        rng: own,
      });
    }
    return { pixels: channels === 3 ? pixels : luma(pixels), ...textRows(chosen, tokenizer, numPositions) };
  };
  return {
    batch(index: number): Batch {
      const steps = Array.from({ length: stepsPerRun }, (_, at) => step(index * stepsPerRun + at));
      const pixels = new Uint8Array(stepsPerRun * batchSize * sizePx * sizePx * channels);
      const tokens = new BigInt64Array(stepsPerRun * batchSize * numPositions);
      const end = new BigInt64Array(stepsPerRun * batchSize);
      for (const [at, made] of steps.entries()) {
        pixels.set(made.pixels, at * made.pixels.length);
        tokens.set(made.tokens, at * made.tokens.length);
        end.set(made.end, at * made.end.length);
      }
      const lead = [stepsPerRun, batchSize];
      return {
        pixels: { dtype: "uint8", shape: [...lead, sizePx, sizePx, channels], data: pixels },
        tokens: { dtype: "int64", shape: [...lead, numPositions], data: tokens },
        end: { dtype: "int64", shape: lead, data: end },
      };
    },
  };
}

function luma(rgb: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: rgb.length / 3 }, (_, at) =>
    Math.round(0.299 * rgb[3 * at]! + 0.587 * rgb[3 * at + 1]! + 0.114 * rgb[3 * at + 2]!),
  );
}

function tooFewCaptions(got: number, expected: number): DataError {
  return new DataError({
    code: "DATA_TOO_FEW_CAPTIONS",
    message: "A batch needs pictures with different captions",
    expected: `at least ${expected} captions`,
    got: `${got} captions`,
    fix: "Lower training.batchSize or add sources.",
  });
}
