import { z } from "zod";
import { modeSchema } from "./trial.ts";

/** What a sweep compares its trials by: one number of each run's evaluations or training metrics. */
export const objective = z.strictObject({
  metric: z
    .string()
    .min(1)
    .describe("Metric of an evaluation (vqaAccuracy), or of training (loss) where no evaluation has it"),
  dataset: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe("Data set of the evaluation; null: whichever comes last"),
  condition: z.string().min(1).default("full").describe("Condition of the evaluation"),
  stage: z.string().min(1).nullable().default(null).describe("Name of the stage that measures it; null: any"),
});
export type Objective = z.infer<typeof objective>;

/** What a pruner and a population look at while a trial runs: a metric that training reports. */
export const watch = z.strictObject({
  metric: z.string().min(1).describe("Metric that a stage reports on its way, such as loss"),
  mode: modeSchema,
  stage: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe("Name of the stage; null: the first one of the recipe that reports the metric"),
  everySteps: z
    .int()
    .min(1)
    .default(10)
    .describe("Steps between two looks; rungs of halving are looked at in any case"),
});
export type Watch = z.infer<typeof watch>;
