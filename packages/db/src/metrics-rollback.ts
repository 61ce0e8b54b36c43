import type { Pool } from "pg";
import { notifySql } from "./events.ts";
import { type Fence, holdFence } from "./fence.ts";
import { rollupSteps } from "./metrics-series.ts";
import { transaction } from "./transaction.ts";

/** Noted on the attempt for "from the start". */
const start = -1;

/** See Metrics.rollback. */
export function rollback(pool: Pool, fence: Fence, afterStep: number | null): Promise<{ droppedPoints: number }> {
  return transaction(pool, async (client) => {
    await holdFence(client, fence);
    const step = afterStep ?? start;
    const { rows } = await client.query<{ key: string; n: number }>(
      `WITH dropped AS (
        DELETE FROM metric WHERE stage_id = $1 AND step > $2 AND attempt < $3 RETURNING key
      ) SELECT key, count(*) AS n FROM dropped GROUP BY key`,
      [fence.stageId, step, fence.attempt],
    );
    const keys = rows.map(({ key }) => key);
    const droppedPoints = rows.reduce((sum, { n }) => sum + n, 0);
    // From the range in which the first of them lay; what is left of that range is rolled up again.
    const firstBucket = Math.floor((step + 1) / rollupSteps);
    await client.query("DELETE FROM metric_rollup WHERE stage_id = $1 AND key = ANY ($2::text[]) AND bucket >= $3", [
      fence.stageId,
      keys,
      firstBucket,
    ]);
    await client.query(
      `INSERT INTO metric_rollup (stage_id, key, bucket, min, max, last_step, last, is_stale)
       SELECT $1, key, step / ${rollupSteps}, min(value), max(value), max(step), (array_agg(value ORDER BY step DESC))[1], false
       FROM metric WHERE stage_id = $1 AND key = ANY ($2::text[]) AND step >= $3 GROUP BY key, step / ${rollupSteps}`,
      [fence.stageId, keys, firstBucket * rollupSteps],
    );
    await client.query("DELETE FROM metric_latest WHERE stage_id = $1 AND key = ANY ($2::text[])", [
      fence.stageId,
      keys,
    ]);
    await client.query(
      `INSERT INTO metric_latest (stage_id, key, step, value, at)
       SELECT $1, k.key, m.step, m.value, m.at FROM unnest($2::text[]) AS k (key)
       CROSS JOIN LATERAL (
         SELECT step, value, at FROM metric WHERE stage_id = $1 AND key = k.key ORDER BY step DESC LIMIT 1
       ) m`,
      [fence.stageId, keys],
    );
    await client.query(
      `UPDATE attempt SET resumed_from_step = $3, dropped_points = dropped_points + $4 WHERE stage_id = $1 AND number = $2`,
      [fence.stageId, fence.attempt, step, droppedPoints],
    );
    await client.query(`SELECT ${notifySql("report", "$1::text")}`, [fence.stageId]);
    return { droppedPoints };
  });
}
