import type { Pool } from "pg";
import { v7 as uuid } from "uuid";
import { ConflictError, NotFoundError } from "./errors.ts";
import { notifySql } from "./events.ts";
import { sampleColumns, type WorkerSample } from "./worker-samples.ts";

export type WorkerStatus = "online" | "draining" | "gone";

/** The code that a process runs. */
export interface CodeState {
  /** Null where the installation is no git repository. */
  gitCommit: string | null;
  /** sha256 of what differs from the commit, files that git does not know among it; null when nothing does. */
  gitDiffSha256: string | null;
  /** Null when nothing differs. */
  gitDiffBytes: number | null;
  /** Whether the artifact store holds the difference under its sha256: one that is too large is told by its hash alone. */
  isGitDiffKept: boolean;
}

/** What a worker's program and machine are: with the stage's device, threads, seed and data all that decides the bits of a result. */
export interface WorkerEnvironment extends CodeState {
  /** sha256 of package-lock.json. */
  lockSha256: string | null;
  node: string;
  onnxruntime: string;
  platform: string;
  cpu: string;
}

export interface WorkerInput {
  name: string;
  host: string;
  pid: number;
  /** Execution providers that really load: "cpu", "cuda". */
  devices: readonly string[];
  threads: number;
  memoryBytes: number;
  environment?: WorkerEnvironment;
}

export interface WorkerRow {
  id: string;
  name: string;
  host: string;
  pid: number;
  devices: string[];
  threads: number;
  memoryBytes: number;
  /** "draining" while it takes nothing new: it was asked to (isDraining), or it is about to end. */
  status: WorkerStatus;
  isDraining: boolean;
  startedAt: Date;
  heartbeatAt: Date;
  /** Stages that it runs now. */
  stageIds: string[];
  /** The newest one; null before the first. */
  sample: WorkerSample | null;
}

export interface Workers {
  register(worker: WorkerInput): Promise<{ id: string }>;
  /** Also brings a worker back that was marked gone by mistake. */
  heartbeat(id: string, status?: "online" | "draining"): Promise<{ isDraining: boolean }>;
  /** Online and draining ones first, then those gone within the last day. */
  list(): Promise<WorkerRow[]>;
  get(id: string): Promise<WorkerRow | null>;
  /** Lets a worker take nothing new while what runs goes on, or take stages again. @throws NotFoundError, ConflictError when it is gone */
  drain(id: string, isDraining: boolean): Promise<void>;
  /** A worker that ends says so; others are marked by markGone(). */
  leave(id: string): Promise<void>;
  /** Marks workers that have been silent for so long. @returns their ids */
  markGone(options: { silentMs: number }): Promise<string[]>;
}

const selectSql = `SELECT w.id, w.name, w.host, w.pid, w.devices, w.threads, w.memory_bytes AS "memoryBytes", w.status,
    w.is_draining AS "isDraining", w.started_at AS "startedAt", w.heartbeat_at AS "heartbeatAt",
    array(SELECT s.id FROM stage s WHERE s.worker_id = w.id AND s.status = 'running' ORDER BY s.id) AS "stageIds",
    (SELECT to_jsonb(newest) FROM (
      SELECT ${sampleColumns} FROM worker_sample WHERE worker_id = w.id ORDER BY at DESC LIMIT 1
    ) AS newest) AS sample
  FROM worker w`;

/** A date within JSON arrives as text. */
function parsed({ sample, ...row }: WorkerRow): WorkerRow {
  return { ...row, sample: sample === null ? null : { ...sample, at: new Date(sample.at) } };
}

export function workers(pool: Pool): Workers {
  return {
    async register({ name, host, pid, devices, threads, memoryBytes, environment }) {
      const id = uuid();
      await pool.query(
        `WITH made AS (
          INSERT INTO worker (id, name, host, pid, devices, threads, memory_bytes, environment, status)
          VALUES ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, 'online') RETURNING id
        ) SELECT ${notifySql("worker", "id")} FROM made`,
        [
          ...[id, name, host, pid, devices, threads, Math.floor(memoryBytes)],
          environment === undefined ? null : JSON.stringify(environment),
        ],
      );
      return { id };
    },
    async heartbeat(id, status = "online") {
      // The list of workers is told only when something changed in it.
      const { rows } = await pool.query<{ isDraining: boolean }>(
        `WITH old AS (
          SELECT id, status, is_draining, (CASE WHEN is_draining THEN 'draining' ELSE $2 END)::worker_status AS next
          FROM worker WHERE id = $1 FOR UPDATE
        ), beat AS (
          UPDATE worker SET heartbeat_at = clock_timestamp(), status = old.next FROM old WHERE worker.id = old.id
        ) SELECT is_draining AS "isDraining", CASE WHEN status <> next THEN ${notifySql("worker", "id")} END FROM old`,
        [id, status],
      );
      if (rows[0] === undefined) throw new NotFoundError("worker", id);
      return { isDraining: rows[0].isDraining };
    },
    async list() {
      const { rows } = await pool.query<WorkerRow>(
        `${selectSql} WHERE w.status <> 'gone' OR w.heartbeat_at > now() - interval '1 day'
         ORDER BY w.status = 'gone', w.name, w.started_at DESC`,
      );
      return rows.map(parsed);
    },
    async get(id) {
      const { rows } = await pool.query<WorkerRow>(`${selectSql} WHERE w.id = $1`, [id]);
      return rows[0] === undefined ? null : parsed(rows[0]);
    },
    async drain(id, isDraining) {
      const { rows } = await pool.query<{ status: WorkerStatus }>(
        `WITH old AS (SELECT id, status FROM worker WHERE id = $1 FOR UPDATE), asked AS (
          UPDATE worker SET is_draining = $2, status = (CASE WHEN $2 THEN 'draining' ELSE 'online' END)::worker_status
          FROM old WHERE worker.id = old.id AND old.status <> 'gone'
        ) SELECT status, ${notifySql("worker", "id")} FROM old`,
        [id, isDraining],
      );
      if (rows[0] === undefined) throw new NotFoundError("worker", id);
      if (rows[0].status === "gone") {
        throw new ConflictError({
          message: "The worker is gone",
          expected: "a worker that is online or draining",
          got: "gone",
          where: `worker ${id}`,
        });
      }
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
