import type { Failure, Json, Objective, Search, SweepStatus, Watch } from "@retort/core";
import type { Pool, PoolClient } from "pg";
import { NotFoundError } from "./errors.ts";

export interface SweepRow {
  id: string;
  projectId: string;
  projectSlug: string;
  /** Its project keeps its results to itself. */
  isIsolated: boolean;
  name: string;
  recipe: string;
  /** What all runs share, as it was given. */
  params: Record<string, unknown>;
  search: Search;
  objective: Objective;
  watch: Watch | null;
  maxConcurrentRuns: number | null;
  priority: number;
  status: SweepStatus;
  samplerState: Json;
  /** Nothing is left to ask for. */
  isComplete: boolean;
  /** Data set -> fingerprint at its first use in the sweep. */
  fingerprints: Record<string, string>;
  error: Failure | null;
  createdAt: Date;
  /** Since when nothing is asked for; kept when it is cancelled then. */
  pausedAt: Date | null;
  /** For how long it stood still before it last went on: paused, or finished and extended. */
  pausedSeconds: number;
  finishedAt: Date | null;
}

const columns = `w.id, w.project_id AS "projectId", p.slug AS "projectSlug", p.is_isolated AS "isIsolated", w.name, w.recipe,
  w.params, w.search, w.objective, w.watch, w.max_concurrent_runs AS "maxConcurrentRuns", w.priority, w.status,
  w.sampler_state AS "samplerState", w.is_complete AS "isComplete", w.fingerprints, w.error, w.created_at AS "createdAt",
  w.paused_at AS "pausedAt", w.paused_seconds AS "pausedSeconds", w.finished_at AS "finishedAt"`;

const fromSql = "FROM sweep w JOIN project p ON p.id = w.project_id";

export async function getSweep(pool: Pool, id: string): Promise<SweepRow | null> {
  return (await pool.query<SweepRow>(`SELECT ${columns} ${fromSql} WHERE w.id = $1`, [id])).rows[0] ?? null;
}

/** The first lock of every transaction that changes a sweep. @throws NotFoundError */
export async function lockSweep(client: PoolClient, id: string): Promise<SweepRow> {
  const { rows } = await client.query<SweepRow>(`SELECT ${columns} ${fromSql} WHERE w.id = $1 FOR UPDATE OF w`, [id]);
  if (rows[0] === undefined) throw new NotFoundError("sweep", id);
  return rows[0];
}

export interface SweepQuery {
  projectId?: string | undefined;
  recipe?: string | undefined;
  status?: SweepStatus | undefined;
  /** Id of the last sweep of the page before. */
  cursor?: string | undefined;
  limit: number;
}

/** Newest first. */
export async function listSweeps(pool: Pool, { projectId, recipe, status, cursor, limit }: SweepQuery) {
  const { rows } = await pool.query<SweepRow>(
    `SELECT ${columns} ${fromSql}
     WHERE ($1::uuid IS NULL OR w.project_id = $1) AND ($2::text IS NULL OR w.recipe = $2)
       AND ($3::sweep_status IS NULL OR w.status = $3) AND ($4::uuid IS NULL OR w.id < $4)
     ORDER BY w.id DESC LIMIT $5`,
    [projectId ?? null, recipe ?? null, status ?? null, cursor ?? null, limit + 1],
  );
  const sweeps = rows.slice(0, limit);
  return { sweeps, nextCursor: rows.length > limit ? (sweeps.at(-1)?.id ?? null) : null };
}
