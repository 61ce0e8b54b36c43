import type { Pool } from "pg";

/** Time that a device was given to attempts, in seconds: one stage on one device for a second is one. */
export interface Cost {
  /** Of all attempts, also of those that failed or were lost. */
  deviceSeconds: number;
  /**
   * Part of it whose attempts left no result: failed, lost, cancelled. What a resume went on from is counted, too, unless the attempt
   * had only given way: then its state was kept on purpose, and nothing is wasted.
   */
  wastedDeviceSeconds: number;
  /** What the stages that were taken from earlier launches would have cost once more. */
  savedDeviceSeconds: number;
}

export interface Costs {
  /** Device-seconds of all attempts of each stage that had one. */
  ofStages(stageIds: readonly string[]): Promise<Map<string, number>>;
  ofRun(runId: string): Promise<Cost>;
  /** Of everything, or of a project's runs. */
  total(query?: { projectId?: string }): Promise<Cost>;
}

/** Attempt `a` in seconds; one that runs is counted up to now. */
const secondsSql = "extract(epoch FROM coalesce(a.finished_at, clock_timestamp()) - a.started_at)::float8";

/**
 * Attempt `a` gave way, and its state was there to go on from. The next attempt tells where it went on; until it has, the newest
 * checkpoint does.
 */
const gaveWay = `a.failure->>'kind' IS NOT DISTINCT FROM 'preempted' AND coalesce(
    (SELECT next.resumed_from_step > coalesce(a.resumed_from_step, -1) FROM attempt next
      WHERE next.stage_id = a.stage_id AND next.number = a.number + 1),
    EXISTS (SELECT FROM checkpoint k WHERE k.stage_id = a.stage_id AND k.attempt = a.number))`;

const wasted = `a.status IN ('failed', 'lost', 'cancelled') AND NOT (${gaveWay})`;

/** A stage's own cost, and what taking it again saves: its successful attempts with those that they resumed from. */
const stageCostSql = `SELECT a.stage_id, a.stage_id AS "stageId", sum(${secondsSql}) AS spent,
    coalesce(sum(${secondsSql}) FILTER (WHERE ${wasted}), 0) AS wasted,
    coalesce(sum(${secondsSql}) FILTER (WHERE a.status = 'succeeded'), 0) AS useful
  FROM attempt a`;

/** Runs in `mine`: each stage's cost falls to the run that made it, and is a saving in every other. */
const costSql = (mine: string) => `WITH used AS (
  SELECT rs.stage_id, count(*) FILTER (WHERE NOT rs.reused) AS made, count(*) FILTER (WHERE rs.reused) AS taken
  FROM run_stage rs JOIN run r ON r.id = rs.run_id WHERE ${mine} GROUP BY rs.stage_id
), cost AS (${stageCostSql} WHERE a.stage_id IN (SELECT stage_id FROM used) GROUP BY a.stage_id)
SELECT coalesce(sum(cost.spent) FILTER (WHERE used.made > 0), 0)::float8 AS "deviceSeconds",
  coalesce(sum(cost.wasted) FILTER (WHERE used.made > 0), 0)::float8 AS "wastedDeviceSeconds",
  coalesce(sum(cost.useful * used.taken), 0)::float8 AS "savedDeviceSeconds"
FROM used JOIN cost ON cost.stage_id = used.stage_id`;

export function costs(pool: Pool): Costs {
  return {
    async ofStages(stageIds) {
      const { rows } = await pool.query<{ stageId: string; spent: number }>(
        `${stageCostSql} WHERE a.stage_id = ANY ($1::uuid[]) GROUP BY a.stage_id`,
        [stageIds],
      );
      return new Map(rows.map(({ stageId, spent }) => [stageId, spent]));
    },
    async ofRun(runId) {
      return (await pool.query<Cost>(costSql("r.id = $1"), [runId])).rows[0]!;
    },
    async total({ projectId } = {}) {
      const mine = "$1::uuid IS NULL OR r.project_id = $1";
      return (await pool.query<Cost>(costSql(mine), [projectId ?? null])).rows[0]!;
    },
  };
}
