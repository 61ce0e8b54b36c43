import type { Failure } from "@retort/core";
import type { Pool } from "pg";
import { LostLeaseError } from "./errors.ts";
import { type Fence, fenceSql, fenceValues } from "./fence.ts";
import type { CodeState, WorkerEnvironment } from "./workers.ts";

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
  /** Step of the checkpoint that it went on from; -1 when it began at the start; null until it has said so. */
  resumedFromStep: number | null;
  /** Metric points of dead attempts that the resume took back. */
  droppedPoints: number;
  /** Micro-batches that each training step was cut into; above what the stage asks for after it had run out of memory. */
  accumulate: number;
  host: string;
  /** The code is that of the attempt's process, the rest the worker's. Null for a worker that has not told. */
  environment: WorkerEnvironment | null;
}

export interface Attempts {
  /** Oldest first. */
  forStage(stageId: string): Promise<AttemptRow[]>;
  /** For an attempt whose process runs other code than its worker began with. @throws LostLeaseError */
  recordCode(fence: Fence, code: CodeState): Promise<void>;
}

// Workers that registered before the difference itself was kept have not told its size.
const environmentSql = `CASE WHEN w.environment IS NOT NULL THEN
  '{"gitDiffBytes": null, "isGitDiffKept": false}'::jsonb || w.environment || CASE WHEN a.git_commit IS NULL THEN '{}'::jsonb
    ELSE jsonb_build_object('gitCommit', a.git_commit, 'gitDiffSha256', a.git_diff_sha256, 'gitDiffBytes', a.git_diff_bytes,
      'isGitDiffKept', a.is_git_diff_kept) END
  END`;

export function attempts(pool: Pool): Attempts {
  return {
    async forStage(stageId) {
      const { rows } = await pool.query<AttemptRow>(
        `SELECT a.stage_id AS "stageId", a.number, a.worker_id AS "workerId", w.name AS "workerName", a.status,
           a.started_at AS "startedAt", a.finished_at AS "finishedAt", a.failure, a.last_output AS "lastOutput",
           a.resumed_from_step AS "resumedFromStep", a.dropped_points AS "droppedPoints",
           a.accumulate, w.host, ${environmentSql} AS environment
         FROM attempt a JOIN worker w ON w.id = a.worker_id
         WHERE a.stage_id = $1 ORDER BY a.number`,
        [stageId],
      );
      return rows;
    },
    async recordCode(fence, { gitCommit, gitDiffSha256, gitDiffBytes, isGitDiffKept }) {
      const { rowCount } = await pool.query(
        `WITH ${fenceSql} UPDATE attempt SET git_commit = $4, git_diff_sha256 = $5, git_diff_bytes = $6, is_git_diff_kept = $7
         FROM fence WHERE attempt.stage_id = fence.id AND attempt.number = fence.attempt`,
        [...fenceValues(fence), gitCommit, gitDiffSha256, gitDiffBytes, isGitDiffKept],
      );
      if (rowCount === 0) throw new LostLeaseError(fence);
    },
  };
}
