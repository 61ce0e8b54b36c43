import type { Pool } from "pg";
import type { LatestMetric, MetricCursor, MetricPoint, Metrics, MetricsAfter } from "./metrics.ts";

export async function latest(pool: Pool, stageId: string): Promise<LatestMetric[]> {
  const { rows } = await pool.query<LatestMetric>(
    "SELECT key, step, value, at FROM metric_latest WHERE stage_id = $1 ORDER BY key",
    [stageId],
  );
  return rows;
}

/** See Metrics.after. */
export async function after(
  pool: Pool,
  { stageId, cursor, limit = 1_000 }: Parameters<Metrics["after"]>[0],
): Promise<MetricsAfter> {
  // First: a rollback that happens between the two reads is told at the next call.
  const { rows: marks } = await pool.query<{ attempt: number | null; step: number | null }>(
    `SELECT max(number) AS attempt, min(resumed_from_step) FILTER (WHERE number > $2) AS step
     FROM attempt WHERE stage_id = $1 AND dropped_points > 0`,
    [stageId, cursor?.attempt ?? 0],
  );
  const attempt = marks[0]?.attempt ?? 0;
  const rolledBackTo = cursor === null ? null : (marks[0]?.step ?? null);
  const steps = clip(cursor?.steps ?? {}, rolledBackTo);

  const { rows: points } = await pool.query<MetricPoint>(
    `SELECT m.key, m.step, m.value
     FROM metric_latest l
     CROSS JOIN LATERAL (SELECT coalesce(($2::jsonb->>l.key)::int, -1) AS step) seen
     CROSS JOIN LATERAL (
       SELECT key, step, value FROM metric
       WHERE stage_id = l.stage_id AND key = l.key AND step > seen.step ORDER BY step LIMIT $3
     ) m
     WHERE l.stage_id = $1 AND l.step > seen.step
     ORDER BY m.key, m.step`,
    [stageId, JSON.stringify(steps), limit],
  );
  const counts = new Map<string, number>();
  const next: MetricCursor = { attempt, steps };
  for (const { key, step } of points) {
    next.steps[key] = step;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return { points, cursor: next, rolledBackTo, hasMore: [...counts.values()].some((count) => count === limit) };
}

function clip(steps: Record<string, number>, to: number | null): Record<string, number> {
  const entries = Object.entries(steps).map(([key, step]) => [key, to === null ? step : Math.min(step, to)] as const);
  return Object.fromEntries(entries);
}
