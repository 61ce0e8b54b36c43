import { z } from "zod";
import { jsonObject } from "./json.ts";
import { headline, publishedRow } from "./recipe.ts";

/** One configuration under one condition, its seeds grouped. */
export const leaderboardRow = z.object({
  configKey: z.string(),
  /** Name of the newest of its runs. */
  name: z.string(),
  params: jsonObject,
  dataset: z.string(),
  split: z.string(),
  condition: z.string(),
  metric: z.string(),
  /** Number of seeds measured. */
  n: z.number().int(),
  mean: z.number(),
  /** Sample standard deviation over seeds; null for fewer than two. */
  std: z.number().nullable(),
  min: z.number(),
  max: z.number(),
  seeds: z.array(z.number()),
  /** One run a seed, in the order of `seeds`. */
  runIds: z.array(z.string()),
  numSamples: z.number().int(),
});
export type LeaderboardRow = z.infer<typeof leaderboardRow>;

/** Recipes that have rows, the one measured last first; an installation's check comes after all that train something. */
export const measuredRecipe = z.object({ recipe: z.string(), title: z.string(), measuredAt: z.date() });
export type MeasuredRecipe = z.infer<typeof measuredRecipe>;

export const leaderboard = z.object({
  recipe: z.string(),
  headline,
  metric: z.string(),
  /** Best first, by the headline's direction. */
  rows: z.array(leaderboardRow),
  /** Published elsewhere: of the metric asked for, or, for the headline, of everything; shown beside the measured rows and marked. */
  published: z.array(publishedRow),
});
export type Leaderboard = z.infer<typeof leaderboard>;

/** Configurations against everything that they were measured by: ten benchmarks, three metrics of four categories. */
export const leaderboardMatrix = z.object({
  recipe: z.string(),
  headline,
  /** Every pair of data and metric that any configuration has, under the full condition. */
  columns: z.array(z.object({ dataset: z.string(), split: z.string(), metric: z.string() })),
  rows: z.array(
    z.object({
      configKey: z.string(),
      name: z.string(),
      params: jsonObject,
      /** One a column; null where it was not measured. Seeds grouped: n, mean, sample standard deviation. */
      cells: z.array(
        z
          .object({ n: z.number().int(), mean: z.number(), std: z.number().nullable(), runIds: z.array(z.string()) })
          .nullable(),
      ),
    }),
  ),
});
export type LeaderboardMatrix = z.infer<typeof leaderboardMatrix>;
