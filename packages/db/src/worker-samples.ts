import type { Pool } from "pg";
import { jsonb } from "./jsonb.ts";

export interface GpuSample {
  name: string;
  /** 0 .. 1; null where the driver does not tell. */
  load: number | null;
  memoryUsedBytes: number | null;
  memoryTotalBytes: number | null;
}

/** What a worker's machine was doing at a moment. */
export interface WorkerSample {
  at: Date;
  /** Of all cores, 0 .. 1. */
  cpuLoad: number;
  memoryUsedBytes: number;
  memoryTotalBytes: number;
  /** Resident memory of the worker and of all that it started. */
  ownMemoryBytes: number;
  gpus: GpuSample[];
}

export interface WorkerSamples {
  record(workerId: string, sample: Omit<WorkerSample, "at">): Promise<void>;
  /** Of the last `sinceMs`, oldest first: at most `maxPoints` (default 500), evenly thinned. */
  recent(query: { workerId: string; sinceMs: number; maxPoints?: number }): Promise<WorkerSample[]>;
  /** Deletes older ones. @returns how many */
  purge(options: { olderThanMs: number }): Promise<number>;
}

export const sampleColumns = `at, cpu_load AS "cpuLoad", memory_used_bytes AS "memoryUsedBytes",
  memory_total_bytes AS "memoryTotalBytes", own_memory_bytes AS "ownMemoryBytes", gpus`;

export function workerSamples(pool: Pool): WorkerSamples {
  return {
    async record(workerId, { cpuLoad, memoryUsedBytes, memoryTotalBytes, ownMemoryBytes, gpus }) {
      await pool.query(
        `INSERT INTO worker_sample (worker_id, at, cpu_load, memory_used_bytes, memory_total_bytes, own_memory_bytes, gpus)
         VALUES ($1, clock_timestamp(), $2, $3, $4, $5, $6::jsonb) ON CONFLICT DO NOTHING`,
        [workerId, cpuLoad, memoryUsedBytes, memoryTotalBytes, ownMemoryBytes, jsonb(gpus)],
      );
    },
    async recent({ workerId, sinceMs, maxPoints = 500 }) {
      const { rows } = await pool.query<WorkerSample>(
        `WITH sample AS (
          SELECT ${sampleColumns}, row_number() OVER (ORDER BY at DESC) - 1 AS n, count(*) OVER () AS total
          FROM worker_sample WHERE worker_id = $1 AND at > clock_timestamp() - $2 * interval '1 millisecond'
        ) SELECT at, "cpuLoad", "memoryUsedBytes", "memoryTotalBytes", "ownMemoryBytes", gpus FROM sample
        WHERE n % greatest(1, ceil(total / $3::float8))::int = 0 ORDER BY at`,
        [workerId, sinceMs, maxPoints],
      );
      return rows;
    },
    async purge({ olderThanMs }) {
      const { rowCount } = await pool.query(
        "DELETE FROM worker_sample WHERE at < clock_timestamp() - $1 * interval '1 millisecond'",
        [olderThanMs],
      );
      return rowCount ?? 0;
    },
  };
}
