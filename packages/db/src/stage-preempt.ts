import type { Pool } from "pg";
import { notifySql } from "./events.ts";

const threadsOf = (stage: string) => `(${stage}.resources->>'threads')::float8`;
const memoryOf = (stage: string) => `(${stage}.resources->>'memoryBytes')::float8`;
const deviceOf = (stage: string) => `${stage}.resources->>'device'`;

/**
 * One at a time, so that no more stops than is needed: while a stage is asked to give way, no other is. A stage that one victim's share
 * would not make room for waits.
 */
const preemptSql = `WITH room AS MATERIALIZED (
  SELECT w.id, w.devices, w.threads - coalesce(sum(${threadsOf("s")}), 0) AS threads,
    w.memory_bytes - coalesce(sum(${memoryOf("s")}), 0) AS memory, array_agg(${deviceOf("s")}) AS busy
  FROM worker w LEFT JOIN stage s ON s.worker_id = w.id AND s.status = 'running' AND NOT s.is_light
  WHERE w.status = 'online' AND NOT w.is_draining GROUP BY w.id
), urgent AS MATERIALIZED (
  SELECT s.id, s.priority, s.resources FROM stage s LEFT JOIN project p ON p.id = s.project_id
  WHERE s.status = 'ready' AND NOT s.is_paused AND NOT s.is_light
    AND s.ready_at < clock_timestamp() - $1::float8 * interval '1 millisecond'
    AND EXISTS (SELECT FROM stage v WHERE v.status = 'running' AND v.priority < s.priority)
    AND (p.max_running IS NULL OR p.max_running > (
      SELECT count(*) FROM stage r WHERE r.status = 'running' AND r.project_id = p.id
    ))
    AND NOT EXISTS (
      SELECT FROM room WHERE ${deviceOf("s")} = ANY (room.devices) AND room.threads >= ${threadsOf("s")}
        AND room.memory >= ${memoryOf("s")} AND (${deviceOf("s")} = 'cpu' OR NOT ${deviceOf("s")} = ANY (room.busy))
    )
  ORDER BY s.priority DESC, s.ready_at, s.id LIMIT 1
), victim AS (
  SELECT v.id FROM urgent u JOIN room ON ${deviceOf("u")} = ANY (room.devices) JOIN stage v ON v.worker_id = room.id
  WHERE v.status = 'running' AND NOT v.is_light AND v.priority < u.priority
    AND NOT EXISTS (SELECT FROM stage asked WHERE asked.status = 'running' AND asked.preempt_requested)
    AND EXISTS (SELECT FROM checkpoint c WHERE c.stage_id = v.id)
    AND room.threads + ${threadsOf("v")} >= ${threadsOf("u")} AND room.memory + ${memoryOf("v")} >= ${memoryOf("u")}
    AND (${deviceOf("u")} = 'cpu' OR ${deviceOf("v")} = ${deviceOf("u")})
  ORDER BY v.priority, v.started_at DESC, v.id LIMIT 1 FOR UPDATE OF v SKIP LOCKED
), asked AS (
  UPDATE stage SET preempt_requested = true FROM victim WHERE stage.id = victim.id AND stage.status = 'running'
  RETURNING stage.id
) SELECT asked.id AS "stageId", urgent.id AS "forStageId", ${notifySql("stage", "asked.id")} FROM asked, urgent`;

/** See Stages.preempt. */
export async function preempt(
  pool: Pool,
  { waitedMs }: { waitedMs: number },
): Promise<{ stageId: string; forStageId: string } | null> {
  const { rows } = await pool.query<{ stageId: string; forStageId: string }>({
    name: "stages.preempt",
    text: preemptSql,
    values: [waitedMs],
  });
  const [row] = rows;
  return row === undefined ? null : { stageId: row.stageId, forStageId: row.forStageId };
}
