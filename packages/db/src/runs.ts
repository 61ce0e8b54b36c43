import type { Failure, PlannedStage, Resources, RunStatus, StageStatus } from "@retort/core";
import type { EvaluationRow } from "./evaluations.ts";
import type { LatestMetric } from "./metrics.ts";
import type { StageProgress } from "./stages.ts";

export interface RunInput {
  projectId: string;
  recipe: string;
  params: Record<string, unknown>;
  seed: number;
  name: string;
  configKey: string;
  stages: readonly PlannedStage[];
  /** Higher is sooner; a reused stage keeps the higher of the two. Default 0. */
  priority?: number;
}

export interface RunRow {
  id: string;
  projectId: string;
  recipe: string;
  params: Record<string, unknown>;
  configKey: string;
  seed: number;
  name: string;
  status: RunStatus;
  error: Failure | null;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
}

export interface RunListItem extends RunRow {
  projectSlug: string;
  numStages: number;
  numFinishedStages: number;
  numReusedStages: number;
  /** The stage that runs now, if one does. */
  current: { stageName: string; progress: StageProgress | null } | null;
  /** Of the keys that were asked for: the newest value in the run's stages (the last stage that has it). */
  metrics: Record<string, number>;
}

export interface RunStageRow {
  id: string;
  name: string;
  position: number;
  kind: string;
  kindVersion: number;
  params: Record<string, unknown>;
  seed: number;
  contentKey: string;
  resources: Resources;
  status: StageStatus;
  attempt: number;
  workerId: string | null;
  cancelRequested: boolean;
  progress: StageProgress | null;
  waitingReason: string | null;
  failure: Failure | null;
  /** The stage existed when the run was launched. */
  reused: boolean;
  createdAt: Date;
  readyAt: Date | null;
  startedAt: Date | null;
  finishedAt: Date | null;
  /** Names of the run's stages that it takes artifacts from. */
  needs: { name: string; stageName: string; artifactName: string }[];
  latest: LatestMetric[];
}

export interface RunDetail extends RunRow {
  projectSlug: string;
  /** By position. */
  stages: RunStageRow[];
  evaluations: EvaluationRow[];
}

export interface RunQuery {
  projectId?: string;
  recipe?: string;
  status?: RunStatus;
  /** Id of the last run of the page before. */
  cursor?: string;
  /** Default 50. */
  limit?: number;
  metricKeys?: readonly string[];
}

export interface Runs {
  /** Writes the run and its stages in one transaction. Stages that exist are reused; failed and cancelled ones get a new budget. */
  create(run: RunInput): Promise<{ id: string; status: RunStatus; reusedStages: number }>;
  /** Newest first. */
  list(query?: RunQuery): Promise<{ runs: RunListItem[]; nextCursor: string | null }>;
  get(id: string): Promise<RunDetail | null>;
  /** Cancels the run, and those of its stages that no other live run needs. @throws NotFoundError, ConflictError when it has ended */
  cancel(id: string): Promise<void>;
  /** Gives failed and cancelled stages a new budget. @throws NotFoundError, ConflictError when nothing failed or was cancelled */
  retry(id: string): Promise<void>;
  countByStatus(query?: { projectId?: string }): Promise<Record<RunStatus, number>>;
}
