import { z } from "zod";
import { Rng } from "../../base/rng.ts";
import type { AnomalyImage } from "./anomaly-data.ts";

/** How much of each category's normal pictures a method may learn from. */
export const fewData = z
  .strictObject({
    percent: z
      .number()
      .positive()
      .max(100)
      .default(100)
      .describe("Percent of each category's normal pictures, rounded up"),
    maxImages: z
      .int()
      .min(1)
      .nullable()
      .default(null)
      .describe(
        "At most that many normal pictures a category: 1, 2, 4, 8 are the few-shot settings; empty for no limit",
      ),
    seed: z.int().nonnegative().default(0).describe("Seed of the choice; a smaller choice is part of a larger one"),
  })
  .prefault({})
  .describe("How many of the normal pictures are learnt from");

export type FewData = z.infer<typeof fewData>;

/** The chosen pictures of one category, in the order of the data set. The same seed gives nested choices. */
export function chooseTrain<T extends AnomalyImage>(images: readonly T[], category: string, few: FewData): T[] {
  // The tolerance keeps 10 % of 320 at 32 in floating point.
  const share = Math.ceil((images.length * few.percent) / 100 - 1e-9);
  const count = Math.min(images.length, Math.max(1, share), few.maxImages ?? images.length);
  if (count === images.length) return [...images];
  const order = Uint32Array.from(images, (_, index) => index);
  Rng.fromSeed(few.seed).stream(`few-data/${category}`).shuffle(order);
  return [...order.subarray(0, count)].sort((a, b) => a - b).map((index) => images[index]!);
}
