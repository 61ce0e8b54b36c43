import type { StageStatus } from "@retort/core";
import type { Pool } from "pg";
import { isLiveSql } from "./run-wishes.ts";
import type { StageProgress } from "./stages.ts";

/**
 * Where a stage stands in the line: "held" is ready and may not be taken now (waitingReason says why, or it is paused, or a
 * retry backs off until readyAt), "pending" waits for other stages, "quarantined" for somebody's word.
 */
const linePlaces = ["running", "ready", "held", "pending", "quarantined"] as const;
export type LinePlace = (typeof linePlaces)[number];

export interface StageInLine {
  id: string;
  kind: string;
  status: StageStatus;
  place: LinePlace;
  priority: number;
  attempt: number;
  isPaused: boolean;
  /** Null while it waits for other stages. */
  waitingReason: string | null;
  progress: StageProgress | null;
  createdAt: Date;
  /** In the future while a retry backs off. */
  readyAt: Date | null;
  /** Of the attempt that runs. */
  startedAt: Date | null;
  /** The project whose share it takes. */
  projectSlug: string | null;
  worker: { id: string; name: string } | null;
  /** The newest run that waits for it; its name within that run. */
  run: { id: string; name: string; stageName: string } | null;
  /** Runs that wait for it. */
  numRuns: number;
  /** Names of the stages that it waits for. */
  waitsFor: string[];
}

export interface StageLine {
  counts: Record<LinePlace, number>;
  /** What runs, then the rest of each place in the order in which it is taken. */
  stages: StageInLine[];
}

const placeSql = `CASE WHEN s.quarantined_at IS NOT NULL THEN 'quarantined' WHEN s.status = 'running' THEN 'running'
  WHEN s.is_paused THEN 'held' WHEN s.status = 'pending' THEN 'pending'
  WHEN s.waiting_reason IS NOT NULL OR s.ready_at > clock_timestamp() THEN 'held' ELSE 'ready' END`;

/** Everything that has not ended, and what is quarantined. */
const inLineSql = "(s.status IN ('pending', 'ready', 'running') OR s.quarantined_at IS NOT NULL)";

/** See Stages.line. */
export async function readLine(
  pool: Pool,
  { place, limit }: { place?: LinePlace | undefined; limit: number },
): Promise<StageLine> {
  const [counts, stages] = await Promise.all([
    pool.query<{ place: LinePlace; n: number }>(
      `SELECT ${placeSql} AS place, count(*) AS n FROM stage s WHERE ${inLineSql} GROUP BY 1`,
    ),
    pool.query<StageInLine>(
      `WITH line AS (
        SELECT s.*, ${placeSql} AS place FROM stage s WHERE ${inLineSql}
      ), shown AS MATERIALIZED (
        SELECT *, row_number() OVER (
          ORDER BY array_position($1::text[], place), priority DESC, attempt DESC, ready_at, id
        ) AS number
        FROM line WHERE $2::text IS NULL OR place = $2 ORDER BY number LIMIT $3
      )
      SELECT s.id, s.kind, s.status, s.place, s.priority, s.attempt, s.is_paused AS "isPaused", s.waiting_reason AS "waitingReason",
        s.progress, s.created_at AS "createdAt", s.ready_at AS "readyAt", a.started_at AS "startedAt", p.slug AS "projectSlug",
        CASE WHEN w.id IS NOT NULL THEN jsonb_build_object('id', w.id, 'name', w.name) END AS worker,
        CASE WHEN u.id IS NOT NULL THEN jsonb_build_object('id', u.id, 'name', u.run_name, 'stageName', u.name) END AS run,
        coalesce(u.runs, 0) AS "numRuns",
        array(
          SELECT DISTINCT coalesce(own.name, source.kind) FROM stage_input i JOIN stage source ON source.id = i.source_stage_id
          LEFT JOIN run_stage own ON own.run_id = u.id AND own.stage_id = source.id
          WHERE i.stage_id = s.id AND source.status <> 'succeeded' ORDER BY 1
        ) AS "waitsFor"
      FROM shown s LEFT JOIN project p ON p.id = s.project_id
      LEFT JOIN worker w ON w.id = s.worker_id AND s.status = 'running'
      LEFT JOIN attempt a ON a.stage_id = s.id AND a.number = s.attempt AND s.status = 'running'
      LEFT JOIN LATERAL (
        SELECT rs.name, run.id, run.name AS run_name, count(*) OVER () AS runs
        FROM run_stage rs JOIN run ON run.id = rs.run_id
        WHERE rs.stage_id = s.id AND (s.place = 'quarantined' OR ${isLiveSql}) ORDER BY run.id DESC LIMIT 1
      ) u ON true
      ORDER BY s.number`,
      [linePlaces, place ?? null, limit],
    ),
  ]);
  const found = new Map(counts.rows.map((row) => [row.place, row.n]));
  return {
    counts: Object.fromEntries(linePlaces.map((each) => [each, found.get(each) ?? 0])) as StageLine["counts"],
    stages: stages.rows,
  };
}
