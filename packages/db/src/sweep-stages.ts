import type { StageStatus } from "@retort/core";
import type { Pool } from "pg";
import { numbers } from "./jsonb.ts";

/** A stage of a sweep, however many of its runs ask for it. */
export interface SweepStageRow {
  id: string;
  /** Its name in the runs; the first run's, should they differ. */
  name: string;
  position: number;
  kind: string;
  contentKey: string;
  status: StageStatus;
  waitingReason: string | null;
  /** Runs of the sweep that ask for it. */
  numRuns: number;
  /** An earlier launch had asked for it. */
  isReused: boolean;
  /** Of all its attempts. */
  deviceSeconds: number;
  /** Of its successful attempts. */
  usefulSeconds: number;
  /** Stages that it takes artifacts from. */
  sourceIds: string[];
}

/** Each stage once, in the order of their positions. */
export async function readSweepStages(pool: Pool, sweepId: string): Promise<SweepStageRow[]> {
  const { rows } = await pool.query<SweepStageRow>(
    `WITH used AS (
      SELECT rs.stage_id, (array_agg(rs.name ORDER BY t.number))[1] AS name, min(rs.position) AS position, count(*) AS runs,
        bool_and(rs.reused) AS reused
      FROM trial t JOIN run_stage rs ON rs.run_id = t.run_id WHERE t.sweep_id = $1 GROUP BY rs.stage_id
    )
    SELECT s.id, u.name, u.position, s.kind, s.content_key AS "contentKey", s.status, s.waiting_reason AS "waitingReason",
      u.runs AS "numRuns", u.reused AS "isReused", coalesce(c.spent, 0) AS "deviceSeconds", coalesce(c.useful, 0) AS "usefulSeconds",
      array(SELECT i.source_stage_id FROM stage_input i WHERE i.stage_id = s.id ORDER BY 1) AS "sourceIds"
    FROM used u JOIN stage s ON s.id = u.stage_id LEFT JOIN LATERAL (
      SELECT sum(a.seconds)::float8 AS spent, (sum(a.seconds) FILTER (WHERE a.status = 'succeeded'))::float8 AS useful
      FROM (
        SELECT status, extract(epoch FROM coalesce(finished_at, clock_timestamp()) - started_at) AS seconds
        FROM attempt WHERE stage_id = s.id
      ) a
    ) c ON true
    ORDER BY u.position, u.name, s.id`,
    [sweepId],
  );
  return rows;
}

export interface SweepCost {
  sweepId: string;
  deviceSeconds: number;
  savedSeconds: number;
  /**
   * Of stages that have not ended, each as long as finished ones of its kind took, of the sweep or else of all. Null where a kind
   * has never finished.
   */
  deviceSecondsLeft: number | null;
  /** Attempts at this moment. */
  numRunning: number;
}

/**
 * What sweeps spent on stages that they asked for first, what stages they were given without executing them again would have
 * cost, and what is still to be done. Sweeps without stages are left out.
 */
export async function readSweepCosts(pool: Pool, sweepIds: readonly string[]): Promise<Map<string, SweepCost>> {
  const { rows } = await pool.query<SweepCost>(
    `WITH used AS (
      SELECT t.sweep_id, rs.stage_id, bool_or(NOT rs.reused) AS made, count(*) FILTER (WHERE rs.reused) AS taken
      FROM trial t JOIN run_stage rs ON rs.run_id = t.run_id WHERE t.sweep_id = ANY ($1::uuid[]) GROUP BY 1, 2
    ), cost AS (
      SELECT a.stage_id, sum(extract(epoch FROM coalesce(a.finished_at, clock_timestamp()) - a.started_at)) AS spent,
        coalesce(sum(extract(epoch FROM a.finished_at - a.started_at)) FILTER (WHERE a.status = 'succeeded'), 0) AS useful,
        sum(extract(epoch FROM clock_timestamp() - a.started_at)) FILTER (WHERE a.finished_at IS NULL) AS running
      FROM attempt a WHERE a.stage_id IN (SELECT stage_id FROM used) GROUP BY a.stage_id
    ), mine AS (
      SELECT u.*, s.kind, s.status, coalesce(c.spent, 0) AS spent, coalesce(c.useful, 0) AS useful, coalesce(c.running, 0) AS running
      FROM used u JOIN stage s ON s.id = u.stage_id LEFT JOIN cost c ON c.stage_id = u.stage_id
    ), typical AS (
      SELECT sweep_id, kind, coalesce(avg(useful) FILTER (WHERE status = 'succeeded'), (
        SELECT avg(extract(epoch FROM a.finished_at - a.started_at))
        FROM stage s JOIN attempt a ON a.stage_id = s.id AND a.status = 'succeeded' WHERE s.kind = m.kind
      )) AS seconds
      FROM mine m GROUP BY sweep_id, kind HAVING bool_or(status IN ('pending', 'ready', 'running'))
    )
    SELECT m.sweep_id AS "sweepId", coalesce(sum(spent) FILTER (WHERE made), 0)::float8 AS "deviceSeconds",
      coalesce(sum(useful * taken), 0)::float8 AS "savedSeconds",
      CASE WHEN bool_or(status IN ('pending', 'ready', 'running') AND t.seconds IS NULL) THEN NULL
        ELSE coalesce(sum(greatest(t.seconds - running, 0)) FILTER (WHERE status IN ('pending', 'ready', 'running')), 0)::float8
      END AS "deviceSecondsLeft",
      (count(*) FILTER (WHERE status = 'running'))::int AS "numRunning"
    FROM mine m LEFT JOIN typical t USING (sweep_id, kind) GROUP BY m.sweep_id`,
    [sweepIds],
  );
  return new Map(rows.map((row) => [row.sweepId, row]));
}

/** A finished stage, for estimates. */
export interface FinishedStage {
  params: Record<string, unknown>;
  seconds: number;
}

/** The newest finished stages of a kind with the time of the attempt that succeeded; resumed ones tell too little. */
export async function readFinishedStages(pool: Pool, kind: string, limit = 200): Promise<FinishedStage[]> {
  const { rows } = await pool.query<FinishedStage>(
    `SELECT s.params, extract(epoch FROM a.finished_at - a.started_at)::float8 AS seconds
     FROM stage s JOIN attempt a ON a.stage_id = s.id AND a.status = 'succeeded' AND coalesce(a.resumed_from_step, -1) < 0
     WHERE s.kind = $1 AND s.status = 'succeeded' AND a.finished_at IS NOT NULL ORDER BY s.finished_at DESC LIMIT $2`,
    [kind, limit],
  );
  return rows;
}

/** What a run of a sweep left, for export. */
export interface SweepRunDetail {
  runId: string;
  /** "evaluate/full/vqaAccuracy": stage, condition, metric. */
  metrics: Record<string, number>;
  /** Stage's name -> content key. */
  contentKeys: Record<string, string>;
  /** Of all attempts of its stages, also of those that other runs share. */
  deviceSeconds: number;
}

export async function readRunDetails(pool: Pool, sweepId: string): Promise<SweepRunDetail[]> {
  const { rows } = await pool.query<SweepRunDetail>(
    `WITH mine AS (SELECT rs.* FROM trial t JOIN run_stage rs ON rs.run_id = t.run_id WHERE t.sweep_id = $1),
    measured AS (
      SELECT m.run_id, json_object_agg(m.name || '/' || e.condition || '/' || x.metric, x.value) AS metrics
      FROM mine m JOIN evaluation e ON e.stage_id = m.stage_id JOIN evaluation_metric x ON x.evaluation_id = e.id GROUP BY m.run_id
    ), spent AS (
      SELECT m.run_id, sum(extract(epoch FROM coalesce(a.finished_at, clock_timestamp()) - a.started_at))::float8 AS seconds
      FROM mine m JOIN attempt a ON a.stage_id = m.stage_id GROUP BY m.run_id
    )
    SELECT m.run_id AS "runId", coalesce((SELECT metrics FROM measured x WHERE x.run_id = m.run_id), '{}') AS metrics,
      json_object_agg(m.name, s.content_key) AS "contentKeys",
      coalesce((SELECT seconds FROM spent x WHERE x.run_id = m.run_id), 0) AS "deviceSeconds"
    FROM mine m JOIN stage s ON s.id = m.stage_id GROUP BY m.run_id`,
    [sweepId],
  );
  return rows.map((row) => ({ ...row, metrics: numbers(row.metrics) }));
}
