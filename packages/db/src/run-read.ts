import type { Pool } from "pg";
import type { Evaluations } from "./evaluations.ts";
import type { RunDetail, RunListItem, RunQuery, RunRow, RunStageRow } from "./runs.ts";
import { stageColumns } from "./stages.ts";

const runColumns = `r.id, r.project_id AS "projectId", p.slug AS "projectSlug", r.recipe, r.params, r.config_key AS "configKey",
  r.seed, r.name, r.status, r.priority, r.paused_at AS "pausedAt", r.paused_seconds AS "pausedSeconds", r.error, r.created_at AS "createdAt", r.started_at AS "startedAt", r.finished_at AS "finishedAt"`;

/**
 * One statement for the page: no series is read, metrics come from the table of newest points. Each key is an aggregate of its
 * own: naming the values in the database would cost another pass over all of them.
 */
function listSql(numKeys: number): string {
  const keys = Array.from({ length: numKeys }, (_, i) => i);
  // Of a key that several stages have, the last stage's value counts: the greatest pair of position and value is its.
  const newest = keys.map(
    (i) => `, (max(ARRAY[l.position, m.value]) FILTER (WHERE m.key = ($6::text[])[${i + 1}]))[2] AS value${i}`,
  );
  return `WITH page AS MATERIALIZED (
  SELECT r.* FROM run r
  WHERE ($1::uuid IS NULL OR r.project_id = $1) AND ($2::text IS NULL OR r.recipe = $2)
    AND ($3::run_status[] IS NULL OR r.status = ANY ($3)) AND ($4::uuid IS NULL OR r.id < $4)
    AND ($7::text IS NULL OR strpos(lower(r.name), $7) > 0 OR strpos(r.recipe, $7) > 0 OR right(r.id::text, length($7)) = $7)
    AND ($8::text IS NULL OR EXISTS (
      SELECT FROM run_stage rs JOIN stage s ON s.id = rs.stage_id AND s.status = 'succeeded'
      JOIN artifact a ON a.stage_id = s.id AND a.name = $8
      WHERE rs.run_id = r.id AND ($9::text[] IS NULL OR s.kind = ANY ($9))
    ))
    AND ($10::boolean IS NULL OR (r.paused_at IS NOT NULL) = $10)
  ORDER BY r.id DESC LIMIT $5
), link AS MATERIALIZED (
  SELECT rs.run_id, rs.stage_id, rs.position, rs.reused FROM page JOIN run_stage rs ON rs.run_id = page.id
), tally AS (
  SELECT l.run_id, count(*) AS stages,
    count(*) FILTER (WHERE s.status IN ('succeeded', 'failed', 'cancelled', 'pruned')) AS finished,
    count(*) FILTER (WHERE l.reused) AS reused
  FROM link l JOIN stage s ON s.id = l.stage_id GROUP BY l.run_id
), current AS (
  SELECT DISTINCT ON (rs.run_id) rs.run_id, jsonb_build_object('stageName', rs.name, 'progress', s.progress) AS stage
  FROM page JOIN run_stage rs ON rs.run_id = page.id JOIN stage s ON s.id = rs.stage_id AND s.status = 'running'
  ORDER BY rs.run_id, rs.position
), newest AS (
  SELECT l.run_id${newest.join("")}
  FROM link l JOIN metric_latest m ON m.stage_id = l.stage_id
  WHERE m.key = ANY ($6::text[]) GROUP BY l.run_id
)
SELECT ${runColumns}, coalesce(t.stages, 0) AS "numStages", coalesce(t.finished, 0) AS "numFinishedStages",
  coalesce(t.reused, 0) AS "numReusedStages", c.stage AS current, json_build_array(${keys.map((i) => `n.value${i}`).join(", ")}) AS metrics
FROM page r JOIN project p ON p.id = r.project_id
LEFT JOIN tally t ON t.run_id = r.id LEFT JOIN current c ON c.run_id = r.id LEFT JOIN newest n ON n.run_id = r.id
ORDER BY r.id DESC`;
}

/** See Runs.list. */
export async function listRuns(
  pool: Pool,
  { projectId, recipe, status, isPaused, artifact, artifactOf, search, cursor, limit = 50, metricKeys = [] }: RunQuery,
): Promise<{ runs: RunListItem[]; nextCursor: string | null }> {
  const filter = [projectId ?? null, recipe ?? null, status === undefined ? null : [status].flat(), cursor ?? null];
  const more = [search?.toLowerCase() ?? null, artifact ?? null, artifactOf ?? null, isPaused ?? null];
  const { rows } = await pool.query<Omit<RunListItem, "metrics"> & { metrics: (number | string | null)[] }>(
    listSql(metricKeys.length),
    [...filter, limit + 1, metricKeys, ...more],
  );
  // The rows themselves: ten thousand copies would have to be collected again.
  const runs = rows.slice(0, limit).map((row) => Object.assign(row, { metrics: named(metricKeys, row.metrics) }));
  return { runs, nextCursor: rows.length > limit ? (runs.at(-1)?.id ?? null) : null };
}

/** Values by their keys, without those that a run lacks. NaN and infinities, which JSON does not know, arrive as their names. */
function named(keys: readonly string[], values: (number | string | null)[]): Record<string, number> {
  const metrics: Record<string, number> = {};
  values.forEach((value, i) => {
    if (value !== null) metrics[keys[i]!] = Number(value);
  });
  return metrics;
}

/** See Runs.get. */
export async function getRun(pool: Pool, evaluations: Evaluations, id: string): Promise<RunDetail | null> {
  const { rows } = await pool.query<RunRow & Pick<RunDetail, "projectSlug" | "sweep">>(
    `SELECT ${runColumns},
      CASE WHEN w.id IS NULL THEN NULL ELSE jsonb_build_object('id', w.id, 'name', w.name, 'trial', t.number) END AS sweep
     FROM run r JOIN project p ON p.id = r.project_id
     LEFT JOIN trial t ON t.run_id = r.id LEFT JOIN sweep w ON w.id = t.sweep_id WHERE r.id = $1`,
    [id],
  );
  const run = rows[0];
  if (run === undefined) return null;
  const [stages, evaluationRows] = await Promise.all([stagesOf(pool, id), evaluations.forRun(id)]);
  return { ...run, stages, evaluations: evaluationRows };
}

type LatestJson = { key: string; step: number; value: number | string; at: string };

async function stagesOf(pool: Pool, runId: string): Promise<RunStageRow[]> {
  const { rows } = await pool.query<Omit<RunStageRow, "latest"> & { latest: LatestJson[] }>(
    `SELECT rs.name, rs.position, rs.reused, ${stageColumns},
      (SELECT coalesce(json_agg(json_build_object('name', i.name, 'stageName', source.name, 'artifactName', i.artifact_name)
          ORDER BY i.name), '[]')
        FROM stage_input i CROSS JOIN LATERAL (
          SELECT rs2.name FROM run_stage rs2 WHERE rs2.run_id = rs.run_id AND rs2.stage_id = i.source_stage_id LIMIT 1
        ) source WHERE i.stage_id = s.id) AS needs,
      (SELECT coalesce(json_agg(json_build_object('key', l.key, 'step', l.step, 'value', l.value, 'at', l.at) ORDER BY l.key), '[]')
        FROM metric_latest l WHERE l.stage_id = s.id) AS latest
     FROM run_stage rs JOIN stage s ON s.id = rs.stage_id WHERE rs.run_id = $1 ORDER BY rs.position`,
    [runId],
  );
  return rows.map((row) => ({
    ...row,
    latest: row.latest.map(({ key, step, value, at }) => ({ key, step, value: Number(value), at: new Date(at) })),
  }));
}
