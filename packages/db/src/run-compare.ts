import type { StageStatus } from "@retort/core";
import type { Pool } from "pg";

/** How the results of one stage of two runs compare, bit by bit. */
export interface StageDifference {
  name: string;
  status: StageStatus;
  otherStatus: StageStatus;
  /** Both runs were given the same stage: there is nothing to compare. */
  isShared: boolean;
  numArtifacts: number;
  /** Names of the artifacts whose content differs, or that one side lacks. */
  artifacts: string[];
  numPoints: number;
  /** Metrics with a point that differs, or that one side lacks, and the first such step. */
  metrics: { key: string; firstStep: number; numPoints: number }[];
  numEvaluations: number;
  /** "mvtec/test/full: auroc", and "mvtec/test/full: 3 samples". */
  evaluations: string[];
}

/** How long things took is no result: "stepMs", "tokensPerSecond". Units stand in the names of metrics. */
const isTimingSql = "key ~ '(Ms|Seconds|PerSecond|PerS)$'";

/** The stages that two runs have by the same name, in the order of the first run's. NaN equals NaN. */
export async function compareRuns(pool: Pool, runId: string, otherId: string): Promise<StageDifference[]> {
  const { rows } = await pool.query<StageDifference>(
    `SELECT a.name, s.status, o.status AS "otherStatus", a.stage_id = b.stage_id AS "isShared",
      (SELECT count(*) FROM artifact WHERE stage_id = a.stage_id) AS "numArtifacts",
      array(SELECT coalesce(x.name, y.name)
        FROM (SELECT * FROM artifact WHERE stage_id = a.stage_id) x
        FULL JOIN (SELECT * FROM artifact WHERE stage_id = b.stage_id) y ON y.name = x.name
        WHERE x.sha256 IS DISTINCT FROM y.sha256 ORDER BY 1) AS artifacts,
      (SELECT count(*) FROM metric WHERE stage_id = a.stage_id AND NOT ${isTimingSql}) AS "numPoints",
      (SELECT coalesce(json_agg(json_build_object('key', key, 'firstStep', step, 'numPoints', n) ORDER BY key), '[]') FROM (
        SELECT coalesce(x.key, y.key) AS key, min(coalesce(x.step, y.step)) AS step, count(*) AS n
        FROM (SELECT * FROM metric WHERE stage_id = a.stage_id AND NOT ${isTimingSql}) x
        FULL JOIN (SELECT * FROM metric WHERE stage_id = b.stage_id AND NOT ${isTimingSql}) y ON y.key = x.key AND y.step = x.step
        WHERE x.value IS DISTINCT FROM y.value GROUP BY 1
      ) d) AS metrics,
      (SELECT count(*) FROM evaluation WHERE stage_id = a.stage_id) AS "numEvaluations",
      array(
        SELECT coalesce(x.what, y.what) || ': ' || coalesce(x.metric, y.metric) FROM (
          SELECT e.dataset || '/' || e.split || '/' || e.condition AS what, m.metric, m.value
          FROM evaluation e JOIN evaluation_metric m ON m.evaluation_id = e.id WHERE e.stage_id = a.stage_id
        ) x FULL JOIN (
          SELECT e.dataset || '/' || e.split || '/' || e.condition AS what, m.metric, m.value
          FROM evaluation e JOIN evaluation_metric m ON m.evaluation_id = e.id WHERE e.stage_id = b.stage_id
        ) y ON y.what = x.what AND y.metric = x.metric
        WHERE x.value IS DISTINCT FROM y.value AND NOT ${isTimingSql.replace("key", "coalesce(x.metric, y.metric)")}
        UNION ALL
        SELECT what || ': ' || count(*) || ' samples' FROM (SELECT coalesce(x.what, y.what) AS what FROM (
          SELECT e.dataset || '/' || e.split || '/' || e.condition AS what, i.index, i.sample_id, i.score
          FROM evaluation e JOIN evaluation_sample i ON i.evaluation_id = e.id WHERE e.stage_id = a.stage_id
        ) x FULL JOIN (
          SELECT e.dataset || '/' || e.split || '/' || e.condition AS what, i.index, i.sample_id, i.score
          FROM evaluation e JOIN evaluation_sample i ON i.evaluation_id = e.id WHERE e.stage_id = b.stage_id
        ) y ON y.what = x.what AND y.index = x.index
        WHERE x.score IS DISTINCT FROM y.score OR x.sample_id IS DISTINCT FROM y.sample_id) d GROUP BY what
        ORDER BY 1
      ) AS evaluations
    FROM run_stage a JOIN run_stage b ON b.run_id = $2 AND b.name = a.name
    JOIN stage s ON s.id = a.stage_id JOIN stage o ON o.id = b.stage_id
    WHERE a.run_id = $1 ORDER BY a.position`,
    [runId, otherId],
  );
  return rows;
}
