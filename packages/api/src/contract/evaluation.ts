import { z } from "zod";
import { jsonObject } from "./json.ts";

export const evaluation = z.object({
  id: z.string(),
  stageId: z.string(),
  stageName: z.string(),
  dataset: z.string(),
  split: z.string(),
  /** "full", or the name of a control: "image-blanked". */
  condition: z.string(),
  numSamples: z.number().int(),
  metrics: z.record(z.string(), z.number()),
  createdAt: z.date(),
});
export type Evaluation = z.infer<typeof evaluation>;

export const evaluationSample = z.object({
  index: z.number().int(),
  sampleId: z.string(),
  clusterId: z.string(),
  score: z.number(),
  /** What the task knows of the sample: { question, expected, given, ... }. */
  detail: jsonObject,
  /** Picture under /api/images/<sha256>; null when none was kept for this sample. */
  imageSha256: z.string().nullable(),
});
export type EvaluationSample = z.infer<typeof evaluationSample>;

export const evaluationSamples = z.object({ total: z.number().int(), samples: z.array(evaluationSample) });

/** A field of the samples' details with its values: how many samples have each, and what they score in the mean. */
export const sampleFacet = z.object({
  key: z.string(),
  values: z.array(z.object({ value: z.string(), n: z.number().int(), meanScore: z.number() })),
});
export type SampleFacet = z.infer<typeof sampleFacet>;
