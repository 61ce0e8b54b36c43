import { z } from "zod";
import { jsonObject } from "./json.ts";

const run = z.object({ id: z.string(), name: z.string() });

/** A stage as an exported model's card tells of it. */
export const lineageStage = z.object({
  name: z.string(),
  kind: z.string(),
  title: z.string(),
  seed: z.number(),
  contentKey: z.string(),
  /** Hash of the data that it read; null when it read none of its own. */
  dataFingerprint: z.string().nullable(),
  params: jsonObject,
  inputs: z.array(z.object({ name: z.string(), stageName: z.string(), artifactName: z.string() })),
  /** The run that it was taken from as it is, and what it was made from there; null for the run's own stages. */
  get earlier() {
    return z.object({ run, stages: z.array(lineageStage) }).nullable();
  },
});

export type LineageStage = z.infer<typeof lineageStage>;

/** Where a model comes from: the run that left it, everything that it was made from, and how well it does. */
export const lineage = z.object({
  run: run.extend({ recipe: z.string(), seed: z.number(), params: jsonObject }),
  /** Stage whose model this is, and the sha256 of that file. */
  model: z.object({ stage: z.string(), sha256: z.string() }),
  stages: z.array(lineageStage),
  evaluations: z.array(
    z.object({
      stageName: z.string(),
      dataset: z.string(),
      split: z.string(),
      condition: z.string(),
      numSamples: z.number(),
      metrics: z.record(z.string(), z.number()),
    }),
  ),
});
export type Lineage = z.infer<typeof lineage>;
