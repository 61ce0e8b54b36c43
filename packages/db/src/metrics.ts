import type { Pool } from "pg";
import { LostLeaseError } from "./errors.ts";
import { notifySql } from "./events.ts";
import { type Fence, fenceSql, fenceValues } from "./fence.ts";
import { after, latest } from "./metrics-read.ts";
import { rollback } from "./metrics-rollback.ts";
import { rollupSteps, series } from "./metrics-series.ts";
import { repeatOnDeadlock } from "./transaction.ts";

export interface MetricPoint {
  key: string;
  /** 0 .. 2^31 - 1 */
  step: number;
  value: number;
}

/** Bucket of a series: `step` and `last` are its last point; min and max lie anywhere in it. max is NaN when a point is. */
export interface SeriesBucket {
  step: number;
  min: number;
  max: number;
  last: number;
}

export interface LatestMetric {
  key: string;
  step: number;
  value: number;
  at: Date;
}

/** How far a live reader has come: last step seen of each key. Opaque to users; survives JSON. */
export interface MetricCursor {
  /** The newest attempt that had taken points back. */
  attempt: number;
  steps: Record<string, number>;
}

export interface MetricsAfter {
  /** Ordered by key and step. */
  points: MetricPoint[];
  cursor: MetricCursor;
  /** A later attempt took points back: drop those after this step (all when -1) before adding `points`. */
  rolledBackTo: number | null;
  /** More points are waiting: call again at once. */
  hasMore: boolean;
}

export interface Metrics {
  /** Upserts the points; sending a batch again changes nothing. Best in batches of 500 to 5,000. @throws LostLeaseError */
  write(fence: Fence, points: readonly MetricPoint[]): Promise<void>;
  /** Takes back what earlier attempts wrote after the step that this attempt resumes from (null: everything) and notes it on the attempt. @throws LostLeaseError */
  rollback(fence: Fence, afterStep: number | null): Promise<{ droppedPoints: number }>;
  /**
   * Series as at most maxPoints buckets of equal width each, by key; every point is in a bucket, so no spike is lost. A
   * series with no more points comes point by point. All keys when none are given.
   */
  series(query: {
    stageId: string;
    keys?: readonly string[];
    maxPoints: number;
  }): Promise<Record<string, SeriesBucket[]>>;
  /** What came since the cursor, at most `limit` points a key (default 1,000). Start with cursor null for everything. */
  after(query: { stageId: string; cursor: MetricCursor | null; limit?: number }): Promise<MetricsAfter>;
  latest(stageId: string): Promise<LatestMetric[]>;
}

/** Rows a statement: enough to make its fixed costs small, few enough to keep its locks short. */
const batchSize = 5_000;

// Sorted, so that two writers meet in the same order. A batch that is sent again finds its rows and leaves them alone, and
// then "written" is empty: the rollup merges each point once. (xmax is 0 in a row that was inserted, not updated.)
const writeSql = `WITH ${fenceSql}, point AS MATERIALIZED (
  SELECT key, step, value FROM unnest($4::text[], $5::int[], $6::float8[]) AS point (key, step, value)
), written AS (
  INSERT INTO metric AS m (stage_id, key, step, value, attempt, at)
  SELECT fence.id, key, step, value, fence.attempt, clock_timestamp() FROM fence, point ORDER BY key, step
  ON CONFLICT (stage_id, key, step) DO UPDATE SET value = excluded.value, attempt = excluded.attempt, at = excluded.at
    WHERE m.value <> excluded.value OR m.attempt <> excluded.attempt
  RETURNING m.key, m.step, m.value, m.xmax = 0 AS is_new
), rolled AS (
  INSERT INTO metric_rollup AS r (stage_id, key, bucket, min, max, last_step, last, is_stale)
  SELECT fence.id, key, step / ${rollupSteps}, min(value), max(value), max(step), (array_agg(value ORDER BY step DESC))[1],
    NOT bool_and(is_new)
  FROM fence, written GROUP BY fence.id, key, step / ${rollupSteps} ORDER BY key, step / ${rollupSteps}
  ON CONFLICT (stage_id, key, bucket) DO UPDATE SET min = least(r.min, excluded.min), max = greatest(r.max, excluded.max),
    last = CASE WHEN excluded.last_step >= r.last_step THEN excluded.last ELSE r.last END,
    last_step = greatest(r.last_step, excluded.last_step), is_stale = r.is_stale OR excluded.is_stale
), newest AS (
  INSERT INTO metric_latest AS l (stage_id, key, step, value, at)
  SELECT DISTINCT ON (key) fence.id, key, step, value, clock_timestamp() FROM fence, point ORDER BY key, step DESC
  ON CONFLICT (stage_id, key) DO UPDATE SET step = excluded.step, value = excluded.value, at = excluded.at
    WHERE l.step < excluded.step OR (l.step = excluded.step AND l.value <> excluded.value)
) SELECT ${notifySql("report", "id")} FROM fence`;

export function metrics(pool: Pool): Metrics {
  return {
    async write(fence, points) {
      const unique = lastOfEach(points);
      for (let first = 0; first === 0 || first < unique.length; first += batchSize) {
        const batch = unique.slice(first, first + batchSize);
        const { rowCount } = await repeatOnDeadlock(() =>
          pool.query({
            name: "metrics.write",
            text: writeSql,
            values: [
              ...fenceValues(fence),
              batch.map(({ key }) => key),
              batch.map(({ step }) => step),
              batch.map(({ value }) => value),
            ],
          }),
        );
        if (rowCount === 0) throw new LostLeaseError(fence);
      }
    },
    rollback: (fence, afterStep) => rollback(pool, fence, afterStep),
    series: (query) => series(pool, query),
    after: (query) => after(pool, query),
    latest: (stageId) => latest(pool, stageId),
  };
}

/** One statement cannot write a row twice: of points with the same key and step the last one counts. */
function lastOfEach(points: readonly MetricPoint[]): readonly MetricPoint[] {
  const seen = new Map<string, Map<number, MetricPoint>>();
  let size = 0;
  for (const point of points) {
    let steps = seen.get(point.key);
    if (steps === undefined) {
      steps = new Map();
      seen.set(point.key, steps);
    }
    if (!steps.has(point.step)) size++;
    steps.set(point.step, point);
  }
  return size === points.length ? points : [...seen.values()].flatMap((steps) => [...steps.values()]);
}
