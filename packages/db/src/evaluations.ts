import type { EvaluationResult, EvaluationSample } from "@retort/core";
import type { Fence } from "./fence.ts";

/** An evaluation whose pictures are already in the store. */
export interface EvaluationInput extends Omit<EvaluationResult, "samples"> {
  samples: readonly (Omit<EvaluationSample, "imagePng"> & { imageSha256?: string | null })[];
}

export interface EvaluationRow {
  id: string;
  stageId: string;
  /** Name of the stage in the run that was asked for. */
  stageName: string;
  attempt: number;
  dataset: string;
  split: string;
  condition: string;
  numSamples: number;
  metrics: Record<string, number>;
  createdAt: Date;
}

export interface EvaluationSampleRow {
  index: number;
  sampleId: string;
  clusterId: string;
  score: number;
  detail: Record<string, unknown>;
  imageSha256: string | null;
}

export interface Evaluations {
  /** All of it or nothing; a second save of the same (dataset, split, condition) replaces the first. @throws LostLeaseError */
  save(fence: Fence, evaluation: EvaluationInput): Promise<{ id: string }>;
  forRun(runId: string): Promise<EvaluationRow[]>;
  /** In the order of the evaluation. `onlyWrong`: score below 0.5; `onlyWithImage`: those that have a picture. */
  samples(query: {
    evaluationId: string;
    offset: number;
    limit: number;
    onlyWrong?: boolean;
    onlyWithImage?: boolean;
  }): Promise<{ total: number; samples: EvaluationSampleRow[] }>;
}
