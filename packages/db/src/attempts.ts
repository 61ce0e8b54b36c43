import type { Failure } from "@retort/core";
import type { Pool } from "pg";
import type { WorkerEnvironment } from "./workers.ts";

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
  /** Null for a worker that has not told. */
  environment: WorkerEnvironment | null;
}

export interface Attempts {
  /** Oldest first. */
  forStage(stageId: string): Promise<AttemptRow[]>;
}

export function attempts(pool: Pool): Attempts {
  return {
    async forStage(stageId) {
      const { rows } = await pool.query<AttemptRow>(
        `SELECT a.stage_id AS "stageId", a.number, a.worker_id AS "workerId", w.name AS "workerName", a.status,
           a.started_at AS "startedAt", a.finished_at AS "finishedAt", a.failure, a.last_output AS "lastOutput",
           a.resumed_from_step AS "resumedFromStep", a.dropped_points AS "droppedPoints",
           a.accumulate, w.host, w.environment
         FROM attempt a JOIN worker w ON w.id = a.worker_id
         WHERE a.stage_id = $1 ORDER BY a.number`,
        [stageId],
      );
      return rows;
    },
  };
}
