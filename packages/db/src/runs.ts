import {
  type Failure,
  type PlannedStage,
  type Resources,
  type RunStatus,
  runStatuses,
  type StageStatus,
} from "@retort/core";
import type { Pool } from "pg";
import type { EvaluationRow, Evaluations } from "./evaluations.ts";
import type { LatestMetric } from "./metrics.ts";
import { compareRuns, type StageDifference } from "./run-compare.ts";
import { cancelRun, retryRun } from "./run-control.ts";
import { createRun } from "./run-create.ts";
import { pauseRun, resumeRun, setRunPriority } from "./run-pause.ts";
import { getRun, listRuns } from "./run-read.ts";
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
  /** Higher is sooner. */
  priority: number;
  /** Since when its stages are not taken; null when they are. */
  pausedAt: Date | null;
  /** For how long it stood still since it started, before it last went on: paused, or ended and tried again. */
  pausedSeconds: number;
  /** Failure of the first stage that failed. */
  error: RunError | null;
  createdAt: Date;
  startedAt: Date | null;
  /** Null also for a failed run while its other branches go on. */
  finishedAt: Date | null;
}

export type RunError = Failure & { stageName: string };

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
  priority: number;
  isPaused: boolean;
  preemptRequested: boolean;
  quarantinedAt: Date | null;
  /** Of one that waits: how far it had come when it gave way. */
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
  /** The sweep that asked for it, and as which of its trials; null when a person did. */
  sweep: { id: string; name: string; trial: number } | null;
  /** By position. */
  stages: RunStageRow[];
  evaluations: EvaluationRow[];
}

export interface RunQuery {
  projectId?: string;
  recipe?: string;
  /** One of these, when there are several. */
  status?: RunStatus | readonly RunStatus[];
  /** Only runs that are paused, or that are not. */
  isPaused?: boolean;
  /** Only runs with a finished stage that has left an artifact of this name. */
  artifact?: string;
  /** With `artifact`: only of stages of these kinds. */
  artifactOf?: readonly string[];
  /** Only runs whose name or recipe holds this text, or whose id ends with it. */
  search?: string;
  /** Id of the last run of the page before. */
  cursor?: string;
  /** Default 50. */
  limit?: number;
  metricKeys?: readonly string[];
}

export interface Runs {
  /** Writes the run and its stages in one transaction. Stages that exist are reused; failed and cancelled ones get a new budget. @throws ConflictError for no stages */
  create(run: RunInput): Promise<{ id: string; status: RunStatus; reusedStages: number }>;
  /** Newest first. */
  list(query?: RunQuery): Promise<{ runs: RunListItem[]; nextCursor: string | null }>;
  get(id: string): Promise<RunDetail | null>;
  /** Cancels the run, and those of its stages that no other live run needs. @throws NotFoundError, ConflictError when it has ended */
  cancel(id: string): Promise<void>;
  /** Gives failed and cancelled stages a new budget. @throws NotFoundError, ConflictError when nothing failed or was cancelled */
  retry(id: string): Promise<void>;
  /** No further stage is taken for it alone, and those that run for it alone stop, to go on from their checkpoint. @throws NotFoundError, ConflictError when it has ended or is paused */
  pause(id: string): Promise<void>;
  /** @throws NotFoundError, ConflictError when it is not paused */
  resume(id: string): Promise<void>;
  /** Of the run and of its stages that have not begun; a stage takes the highest of the live runs that want it. @throws NotFoundError, ConflictError when it has ended */
  setPriority(id: string, priority: number): Promise<void>;
  /** How the results of the stages that two runs have by the same name differ, bit by bit; times are no results. */
  compare(id: string, otherId: string): Promise<StageDifference[]>;
  countByStatus(query?: { projectId?: string }): Promise<Record<RunStatus, number>>;
}

export function runs(pool: Pool, evaluations: Evaluations): Runs {
  return {
    create: (run) => createRun(pool, run),
    list: (query = {}) => listRuns(pool, query),
    get: (id) => getRun(pool, evaluations, id),
    cancel: (id) => cancelRun(pool, id),
    retry: (id) => retryRun(pool, id),
    pause: (id) => pauseRun(pool, id),
    resume: (id) => resumeRun(pool, id),
    setPriority: (id, priority) => setRunPriority(pool, id, priority),
    compare: (id, otherId) => compareRuns(pool, id, otherId),
    async countByStatus({ projectId } = {}) {
      const { rows } = await pool.query<{ status: RunStatus; n: number }>(
        "SELECT status, count(*) AS n FROM run WHERE $1::uuid IS NULL OR project_id = $1 GROUP BY status",
        [projectId ?? null],
      );
      const counts = new Map(rows.map(({ status, n }) => [status, n]));
      return Object.fromEntries(runStatuses.map((status) => [status, counts.get(status) ?? 0])) as Record<
        RunStatus,
        number
      >;
    },
  };
}
