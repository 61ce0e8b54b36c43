import type { Failure, Intermediate, Objective, Point, SeededTrial, TrialStatus } from "@retort/core";
import type { Pool, PoolClient } from "pg";

/** A trial as it stands: its own row, and what is read from its run. */
export interface TrialRow {
  number: number;
  pointKey: string;
  point: Point;
  seed: number;
  /** Null when the recipe refused the point. */
  runId: string | null;
  configKey: string | null;
  status: TrialStatus;
  /** The objective; null until the run has succeeded. */
  value: number | null;
  failure: Failure | null;
  reason: string | null;
  stoppedAtStep: number | null;
  looks: Intermediate[];
  /** Number of the first trial of the member that it continues; null outside of populations. */
  member: number | null;
  originTrial: number | null;
  originStep: number | null;
  createdAt: Date;
  startedAt: Date | null;
  pausedAt: Date | null;
  /** Of its run. */
  pausedSeconds: number;
  finishedAt: Date | null;
}

/** Status of trial `t` with its run `r`: a trial has none of its own. */
export const trialStatusSql = `CASE
  WHEN t.run_id IS NULL THEN 'failed'
  WHEN r.status IN ('queued', 'running') AND r.paused_at IS NOT NULL THEN 'paused'
  WHEN r.status = 'queued' THEN 'pending'
  ELSE r.status::text END`;

/** The objective of run `r`: of several measurements the last stage's newest; $1 metric, $2 dataset, $3 condition, $4 stage. */
const valueSql = `CASE WHEN r.status = 'succeeded' THEN coalesce(
  (SELECT m.value FROM run_stage rs JOIN evaluation e ON e.stage_id = rs.stage_id
     JOIN evaluation_metric m ON m.evaluation_id = e.id AND m.metric = $1
   WHERE rs.run_id = r.id AND ($2::text IS NULL OR e.dataset = $2) AND e.condition = $3 AND ($4::text IS NULL OR rs.name = $4)
   ORDER BY rs.position DESC, e.created_at DESC LIMIT 1),
  (SELECT l.value FROM run_stage rs JOIN metric_latest l ON l.stage_id = rs.stage_id AND l.key = $1
   WHERE rs.run_id = r.id AND ($4::text IS NULL OR rs.name = $4) ORDER BY rs.position DESC LIMIT 1)
) END`;

/** Every trial of a sweep, by number. */
export async function readTrials(
  client: Pool | PoolClient,
  { id, objective: { metric, dataset, condition, stage } }: { id: string; objective: Objective },
): Promise<TrialRow[]> {
  const { rows } = await client.query<Omit<TrialRow, "looks"> & { looks: [number, number | null][] }>(
    `SELECT t.number, t.point_key AS "pointKey", t.point, t.seed, t.run_id AS "runId", r.config_key AS "configKey",
       ${trialStatusSql} AS status, ${valueSql} AS value, coalesce(t.failure, r.error) AS failure, t.reason,
       t.stopped_at_step AS "stoppedAtStep", t.looks, t.member, t.origin_trial AS "originTrial", t.origin_step AS "originStep",
       t.created_at AS "createdAt", r.started_at AS "startedAt", r.paused_at AS "pausedAt",
       coalesce(r.paused_seconds, 0) AS "pausedSeconds", coalesce(r.finished_at, CASE WHEN t.run_id IS NULL THEN t.created_at END) AS "finishedAt"
     FROM trial t LEFT JOIN run r ON r.id = t.run_id WHERE t.sweep_id = $5 ORDER BY t.number`,
    [metric, dataset, condition, stage, id],
  );
  return rows.map((row) => ({ ...row, looks: row.looks.map(([step, value]) => ({ step, value })) }));
}

/** Trials as samplers and pruners see them. */
export function historyOf(rows: readonly TrialRow[]): SeededTrial[] {
  return rows.map(({ number, pointKey, point, seed, status, value, looks }) => ({
    trial: number,
    key: pointKey,
    point,
    seed,
    status,
    value,
    intermediates: looks,
    samples: {},
  }));
}

/** FROM and WHERE of the trials that the sweep still awaits. */
export const liveSql = (sweepId: string) => `FROM trial t JOIN run r ON r.id = t.run_id
  WHERE t.sweep_id = ${sweepId} AND r.status IN ('queued', 'running') AND r.paused_at IS NULL`;

/** Trials that wait for a worker or have one. */
export async function countLive(client: Pool | PoolClient, sweepId: string): Promise<number> {
  const { rows } = await client.query<{ n: number }>(`SELECT count(*) AS n ${liveSql("$1")}`, [sweepId]);
  return rows[0]!.n;
}
