import type { Fence } from "./fence.ts";

export interface ArtifactInput {
  name: string;
  /** What the file is: "onnx", "tokenizer", "image", "report". */
  kind: string;
  sha256: string;
  sizeBytes: number;
  meta?: Record<string, unknown>;
}

export interface ArtifactRow {
  id: string;
  stageId: string;
  attempt: number;
  name: string;
  kind: string;
  sha256: string;
  sizeBytes: number;
  meta: Record<string, unknown>;
  createdAt: Date;
}

export interface Artifacts {
  /** One artifact a name; a later attempt's replaces an earlier one's. @throws LostLeaseError */
  record(fence: Fence, artifact: ArtifactInput): Promise<{ id: string }>;
  get(id: string): Promise<ArtifactRow | null>;
  forStage(stageId: string): Promise<ArtifactRow[]>;
  /** Of all stages of the run, in the order of its stages. */
  forRun(runId: string): Promise<(ArtifactRow & { stageName: string })[]>;
  /** Whether any row (artifact, checkpoint, sample picture) names this content. */
  isReferenced(sha256: string): Promise<boolean>;
}
