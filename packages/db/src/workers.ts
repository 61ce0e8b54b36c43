import type { Pool } from "pg";
import { v7 as uuid } from "uuid";
import { NotFoundError } from "./errors.ts";
import { notifySql } from "./events.ts";

export type WorkerStatus = "online" | "draining" | "gone";

export interface WorkerInput {
  name: string;
  host: string;
  pid: number;
  /** Execution providers that really load: "cpu", "cuda". */
  devices: readonly string[];
  threads: number;
  memoryBytes: number;
}

export interface WorkerRow {
  id: string;
  name: string;
  host: string;
  pid: number;
  devices: string[];
  threads: number;
  memoryBytes: number;
  status: WorkerStatus;
  startedAt: Date;
  heartbeatAt: Date;
  /** Stages that it runs now. */
  stageIds: string[];
}

export interface Workers {
  register(worker: WorkerInput): Promise<{ id: string }>;
  /** Also brings a worker back that was marked gone by mistake. */
  heartbeat(id: string, status?: "online" | "draining"): Promise<void>;
  /** Online and draining ones first, then those gone within the last day. */
  list(): Promise<WorkerRow[]>;
  /** A worker that ends says so; others are marked by markGone(). */
  leave(id: string): Promise<void>;
  /** Marks workers that have been silent for so long. @returns their ids */
  markGone(options: { silentMs: number }): Promise<string[]>;
}

export function workers(pool: Pool): Workers {
  return {
    async register({ name, host, pid, devices, threads, memoryBytes }) {
      const id = uuid();
      await pool.query(
        `WITH made AS (
          INSERT INTO worker (id, name, host, pid, devices, threads, memory_bytes, status)
          VALUES ($1, $2, $3, $4, $5, $6, $7, 'online') RETURNING id
        ) SELECT ${notifySql("worker", "id")} FROM made`,
        [id, name, host, pid, devices, threads, Math.floor(memoryBytes)],
      );
      return { id };
    },
    async heartbeat(id, status = "online") {
      // The list of workers is told only when something changed in it.
      const { rowCount } = await pool.query(
        `WITH old AS (SELECT id, status FROM worker WHERE id = $1 FOR UPDATE), beat AS (
          UPDATE worker SET heartbeat_at = clock_timestamp(), status = $2::worker_status FROM old WHERE worker.id = old.id
        ) SELECT CASE WHEN status <> $2::worker_status THEN ${notifySql("worker", "id")} END FROM old`,
        [id, status],
      );
      if (rowCount === 0) throw new NotFoundError("worker", id);
    },
    async list() {
      const { rows } = await pool.query<WorkerRow>(
        `SELECT w.id, w.name, w.host, w.pid, w.devices, w.threads, w.memory_bytes AS "memoryBytes", w.status,
           w.started_at AS "startedAt", w.heartbeat_at AS "heartbeatAt",
           array(SELECT s.id FROM stage s WHERE s.worker_id = w.id AND s.status = 'running' ORDER BY s.id) AS "stageIds"
         FROM worker w WHERE w.status <> 'gone' OR w.heartbeat_at > now() - interval '1 day'
         ORDER BY w.status = 'gone', w.name, w.started_at DESC`,
      );
      return rows;
    },
    async leave(id) {
      await pool.query(
        `WITH gone AS (UPDATE worker SET status = 'gone' WHERE id = $1 AND status <> 'gone' RETURNING id)
         SELECT ${notifySql("worker", "id")} FROM gone`,
        [id],
      );
    },
    async markGone({ silentMs }) {
      const { rows } = await pool.query<{ id: string }>(
        `WITH gone AS (
          UPDATE worker SET status = 'gone'
          WHERE status <> 'gone' AND heartbeat_at < clock_timestamp() - $1 * interval '1 millisecond' RETURNING id
        ) SELECT id, ${notifySql("worker", "id")} FROM gone`,
        [silentMs],
      );
      return rows.map(({ id }) => id);
    },
  };
}
