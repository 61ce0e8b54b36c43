// [node] Runs in the prefetch thread.
import { z } from "zod";
import { DataError } from "../base/errors.ts";
import { Rng } from "../base/rng.ts";
import type { VqaSplit } from "../data/dataset.ts";
import { loadDataset } from "../data/loaders.ts";
import type { BatchProducer } from "../data/prefetch.ts";
import { augmentInto, augmentParams } from "./augment.ts";
import { DecodedPictures } from "./decoded-pictures.ts";
import { Epochs } from "./epochs.ts";

const labelBatchOptions = z.strictObject({
  data: z.strictObject({ adapter: z.string(), params: z.record(z.string(), z.unknown()) }),
  imageSizePx: z.int().positive(),
  batchSize: z.int().positive(),
  stepsPerRun: z.int().positive(),
  augment: augmentParams,
  seed: z.int(),
});

export type LabelBatchOptions = z.infer<typeof labelBatchOptions>;

/** The classes of a split, sorted. @throws DataError when the data set says no class for its pictures */
export function classesOf(split: VqaSplit): string[] {
  const { label } = split;
  if (label !== undefined) return [...new Set(split.imageIds.map((id) => label(id)))].sort();
  throw new DataError({
    code: "DATA_NO_LABELS",
    message: "The data set does not say to which class its pictures belong",
    expected: "a data set of labelled pictures, such as cifar-questions",
    got: "questions only",
    where: `the ${split.name} split`,
    fix: "Train the encoder on questions instead, together with a language model (vlm-sft), and take its model as the encoder.",
  });
}

/** Batches for classifierGraph(), stacked [K, B, ...]; batch i depends on the seed and i alone. */
export async function createBatchProducer(given: unknown): Promise<BatchProducer> {
  const options = labelBatchOptions.parse(given);
  const { batchSize, stepsPerRun, imageSizePx: sizePx, augment } = options;
  const { train } = await loadDataset(options.data, new AbortController().signal);
  const classes = classesOf(train);
  const labels = train.imageIds.map((id) => BigInt(classes.indexOf(train.label!(id))));
  const epochs = new Epochs(train.imageIds.length, Rng.fromSeed(options.seed).stream("label-batches"));
  const pictures = new DecodedPictures(train, { sizePx });
  const rows = stepsPerRun * batchSize;
  const stride = sizePx * sizePx * 3;
  return {
    async batch(index) {
      const chosen = Array.from({ length: rows }, (_, row) => epochs.at(index * rows + row));
      const decoded = await pictures.decode(chosen.map((at) => train.imageIds[at.index]!));
      const pixels = new Uint8Array(rows * stride);
      chosen.forEach(({ index: at, rng }, row) => {
        const target = pixels.subarray(row * stride, (row + 1) * stride);
        augmentInto(target, decoded.get(train.imageIds[at]!)!, { ...augment, sizePx, rng });
      });
      const targets = BigInt64Array.from(chosen, (at) => labels[at.index]!);
      return {
        pixels: { dtype: "uint8", shape: [stepsPerRun, batchSize, sizePx, sizePx, 3], data: pixels },
        labels: { dtype: "int64", shape: [stepsPerRun, batchSize], data: targets },
      };
    },
  };
}
