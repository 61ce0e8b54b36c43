import { z } from "zod";

/** How much the other one scores above the baseline, with the 95 % interval of that mean. */
const difference = z.object({
  mean: z.number(),
  low: z.number(),
  high: z.number(),
  /** Pairs that it rests on. */
  n: z.number().int(),
});

/** Two groups of runs (seeds of one configuration) on the same data, pair by pair: the other minus the baseline. */
export const comparison = z.object({
  id: z.string(),
  /** Question by question (image by image), scores averaged over seeds first, by a clustered standard error; null where the metric is no mean over samples. */
  overSamples: difference.extend({ numClusters: z.number().int() }).nullable(),
  /** Seed by seed, by Student's t; null for fewer than two seeds in common. */
  overSeeds: difference.nullable(),
});
export type Comparison = z.infer<typeof comparison>;

const runIds = z.array(z.uuid()).min(1).max(1_000);

export const comparisonRequest = z.strictObject({
  dataset: z.string(),
  split: z.string(),
  condition: z.string().default("full"),
  metric: z.string(),
  baseline: runIds.describe("Runs of one configuration"),
  others: z
    .array(z.strictObject({ id: z.string().describe("Comes back with the answer"), runIds }))
    .min(1)
    .max(200),
});
export type ComparisonRequest = z.infer<typeof comparisonRequest>;
