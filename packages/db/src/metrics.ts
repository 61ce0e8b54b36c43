import type { Fence } from "./fence.ts";

export interface MetricPoint {
  key: string;
  /** 0 .. 2^31 - 1 */
  step: number;
  value: number;
}

/** Bucket of a series: `step` and `last` are its last point; min and max lie anywhere in it. */
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
  /** Series as at most maxPoints buckets each, by key; every point is in a bucket, so no spike is lost. All keys when none are given. */
  series(query: {
    stageId: string;
    keys?: readonly string[];
    maxPoints: number;
  }): Promise<Record<string, SeriesBucket[]>>;
  /** What came since the cursor, at most `limit` points a key (default 1,000). Start with cursor null for everything. */
  after(query: { stageId: string; cursor: MetricCursor | null; limit?: number }): Promise<MetricsAfter>;
  latest(stageId: string): Promise<LatestMetric[]>;
}
