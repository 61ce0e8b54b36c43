import type { Pool } from "pg";
import type { Metrics, SeriesBucket } from "./metrics.ts";
import { latest } from "./metrics-read.ts";

/** Steps in a row of metric_rollup. */
export const rollupSteps = 64;

const boundsSql = `SELECT min(step) AS first, max(step) AS last,
  (SELECT count(*) FROM (SELECT FROM metric WHERE stage_id = $1 AND key = $2 LIMIT $3 + 1) AS found) AS points
FROM metric WHERE stage_id = $1 AND key = $2`;

/** From the points. "last" is looked up once the buckets are known: cheaper than carrying it through the aggregation. */
const narrowSql = `WITH bucket AS MATERIALIZED (
  SELECT max(step) AS step, min(value) AS min, max(value) AS max FROM metric
  WHERE stage_id = $1 AND key = $2 GROUP BY (step - $3::int) / $4::int
)
SELECT step, min, max, (SELECT value FROM metric m WHERE m.stage_id = $1 AND m.key = $2 AND m.step = b.step) AS last
FROM bucket b ORDER BY step`;

/** From the rollup, for buckets that are whole numbers of its rows; stale rows are made again from their points. */
const wideSql = `WITH part AS (
  SELECT bucket, min, max, last_step, last FROM metric_rollup WHERE stage_id = $1 AND key = $2 AND NOT is_stale
  UNION ALL
  SELECT r.bucket, m.* FROM metric_rollup r CROSS JOIN LATERAL (
    SELECT min(value), max(value), max(step) AS last_step, (array_agg(value ORDER BY step DESC))[1] FROM metric
    WHERE stage_id = $1 AND key = $2 AND step BETWEEN r.bucket * ${rollupSteps} AND r.bucket * ${rollupSteps} + ${rollupSteps - 1}
  ) m WHERE r.stage_id = $1 AND r.key = $2 AND r.is_stale AND m.last_step IS NOT NULL
)
SELECT max(last_step) AS step, min(min) AS min, max(max) AS max, (array_agg(last ORDER BY last_step DESC))[1] AS last
FROM part GROUP BY (bucket * ${rollupSteps} - $3::int) / $4::int ORDER BY 1`;

/** See Metrics.series. */
export async function series(
  pool: Pool,
  { stageId, keys, maxPoints }: Parameters<Metrics["series"]>[0],
): Promise<Record<string, SeriesBucket[]>> {
  const wanted = keys ?? (await latest(pool, stageId)).map(({ key }) => key);
  const result: Record<string, SeriesBucket[]> = {};
  for (const key of wanted) result[key] = await oneSeries(pool, { stageId, key, maxPoints });
  return result;
}

async function oneSeries(
  pool: Pool,
  { stageId, key, maxPoints }: { stageId: string; key: string; maxPoints: number },
): Promise<SeriesBucket[]> {
  const { rows } = await pool.query<{ first: number | null; last: number | null; points: number }>(boundsSql, [
    stageId,
    key,
    maxPoints,
  ]);
  const { first = null, last = null, points = 0 } = rows[0] ?? {};
  if (first === null || last === null) return [];
  const { origin, width } = bucketing({ first, last, points, maxPoints });
  const text = width > rollupSteps ? wideSql : narrowSql;
  return (await pool.query<SeriesBucket>(text, [stageId, key, origin, width])).rows;
}

/** Where the first bucket begins and how many steps each has: a multiple of the rollup's where that can serve. */
export function bucketing({
  first,
  last,
  points,
  maxPoints,
}: {
  first: number;
  last: number;
  points: number;
  maxPoints: number;
}): {
  origin: number;
  width: number;
} {
  if (points <= maxPoints) return { origin: first, width: 1 };
  const origin = first - (first % rollupSteps);
  const width = Math.floor((last - origin) / maxPoints) + 1;
  return { origin, width: width <= rollupSteps ? width : Math.ceil(width / rollupSteps) * rollupSteps };
}
