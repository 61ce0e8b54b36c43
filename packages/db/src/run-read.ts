import type { Pool } from "pg";
import type { Evaluations } from "./evaluations.ts";
import type { RunDetail, RunListItem, RunQuery, RunRow, RunStageRow } from "./runs.ts";
import { stageColumns } from "./stages.ts";

const runColumns = `r.id, r.project_id AS "projectId", p.slug AS "projectSlug", r.recipe, r.params, r.config_key AS "configKey",
  r.seed, r.name, r.status, r.priority, r.paused_at AS "pausedAt", r.paused_seconds AS "pausedSeconds", r.error, r.created_at AS "createdAt", r.started_at AS "startedAt", r.finished_at AS "finishedAt"`;

/** The runs of a page, newest first. */
const pageSql = `SELECT r.id FROM run r
  WHERE ($1::uuid IS NULL OR r.project_id = $1) AND ($2::text IS NULL OR r.recipe = $2)
    AND ($3::run_status IS NULL OR r.status = $3) AND ($4::uuid IS NULL OR r.id < $4)
    AND ($6::text IS NULL OR strpos(lower(r.name), $6) > 0 OR strpos(r.recipe, $6) > 0 OR right(r.id::text, length($6)) = $6)
    AND ($7::text IS NULL OR EXISTS (
      SELECT FROM run_stage rs JOIN stage s ON s.id = rs.stage_id AND s.status = 'succeeded'
      JOIN artifact a ON a.stage_id = s.id AND a.name = $7 WHERE rs.run_id = r.id
    ))
  ORDER BY r.id DESC LIMIT $5`;

const listSql = `WITH page AS MATERIALIZED (SELECT unnest($1::uuid[]) AS id), tally AS (
  SELECT rs.run_id, count(*) AS stages,
    count(*) FILTER (WHERE s.status IN ('succeeded', 'failed', 'cancelled', 'pruned')) AS finished,
    count(*) FILTER (WHERE rs.reused) AS reused
  FROM page JOIN run_stage rs ON rs.run_id = page.id JOIN stage s ON s.id = rs.stage_id GROUP BY rs.run_id
), current AS (
  SELECT DISTINCT ON (rs.run_id) rs.run_id, jsonb_build_object('stageName', rs.name, 'progress', s.progress) AS stage
  FROM page JOIN run_stage rs ON rs.run_id = page.id JOIN stage s ON s.id = rs.stage_id AND s.status = 'running'
  ORDER BY rs.run_id, rs.position
)
SELECT ${runColumns}, coalesce(t.stages, 0) AS "numStages", coalesce(t.finished, 0) AS "numFinishedStages",
  coalesce(t.reused, 0) AS "numReusedStages", c.stage AS current
FROM page JOIN run r ON r.id = page.id JOIN project p ON p.id = r.project_id
LEFT JOIN tally t ON t.run_id = r.id LEFT JOIN current c ON c.run_id = r.id
ORDER BY r.id DESC`;

/**
 * Newest values, from the table of newest points: no series is read. Columns in place of rows, since a page of ten thousand runs has some
 * ten thousand values.
 */
const newestSql = `SELECT json_agg(page.place) AS places, json_agg(array_position($2::text[], l.key)) AS keys,
  json_agg(rs.position) AS positions, json_agg(l.value) AS values
FROM unnest($1::uuid[]) WITH ORDINALITY AS page (id, place)
JOIN run_stage rs ON rs.run_id = page.id JOIN metric_latest l ON l.stage_id = rs.stage_id AND l.key = ANY ($2::text[])`;

interface NewestValues {
  /** Each from 1: of the run in the page, and of the key among those asked for. */
  places: number[] | null;
  keys: number[];
  /** Of the stage in its run. */
  positions: number[];
  /** What JSON has no number for comes as text. */
  values: (number | string)[];
}

/** See Runs.list. Two statements at once, on as many connections, halve the time of a long page. */
export async function listRuns(
  pool: Pool,
  { projectId, recipe, status, artifact, search, cursor, limit = 50, metricKeys = [] }: RunQuery,
): Promise<{ runs: RunListItem[]; nextCursor: string | null }> {
  const filter = [projectId ?? null, recipe ?? null, status ?? null, cursor ?? null];
  const page = [...filter, limit + 1, search?.toLowerCase() ?? null, artifact ?? null];
  const { rows: found } = await pool.query<{ id: string }>(pageSql, page);
  const ids = found.slice(0, limit).map(({ id }) => id);
  const [{ rows }, metrics] = await Promise.all([
    pool.query<Omit<RunListItem, "metrics">>(listSql, [ids]),
    newestMetrics(pool, ids, metricKeys),
  ]);
  const runs = rows.map((row) => ({ ...row, metrics: metrics.get(row.id) ?? {} }));
  return { runs, nextCursor: found.length > limit ? (ids.at(-1) ?? null) : null };
}

/** Run's id -> key -> newest value; of a key that several stages have, the last stage's. */
async function newestMetrics(
  pool: Pool,
  ids: readonly string[],
  metricKeys: readonly string[],
): Promise<Map<string, Record<string, number>>> {
  const metrics = new Map<string, Record<string, number>>();
  if (ids.length === 0 || metricKeys.length === 0) return metrics;
  const { rows } = await pool.query<NewestValues>(newestSql, [ids, metricKeys]);
  const { places, keys, positions, values } = rows[0]!;
  const lastPositions = new Int32Array(ids.length * metricKeys.length).fill(-1);
  for (const [i, place] of (places ?? []).entries()) {
    const cell = (place - 1) * metricKeys.length + keys[i]! - 1;
    if (positions[i]! < lastPositions[cell]!) continue;
    lastPositions[cell] = positions[i]!;
    const id = ids[place - 1]!;
    const ofRun = metrics.get(id) ?? {};
    ofRun[metricKeys[keys[i]! - 1]!] = Number(values[i]);
    metrics.set(id, ofRun);
  }
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
