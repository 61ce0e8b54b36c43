import type { Failure } from "@retort/core";

export type AttemptStatus = "running" | "succeeded" | "failed" | "cancelled" | "lost";

export interface AttemptRow {
  stageId: string;
  number: number;
  workerId: string;
  workerName: string;
  status: AttemptStatus;
  startedAt: Date;
  finishedAt: Date | null;
  failure: Failure | null;
  lastOutput: string | null;
  /** Step of the checkpoint that it went on from; null when it began at the start. */
  resumedFromStep: number | null;
  /** Metric points of dead attempts that the resume took back. */
  droppedPoints: number;
}

export interface Attempts {
  /** Oldest first. */
  forStage(stageId: string): Promise<AttemptRow[]>;
}
