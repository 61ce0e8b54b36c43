import type { Failure } from "@retort/core";
import type { Pool } from "pg";
import { notifySql } from "./events.ts";
import { freshSql } from "./stage-budget.ts";
import { endAttempt } from "./stage-end.ts";
import type { ClaimedStage, Stages } from "./stages.ts";
import { repeatOnDeadlock, transaction } from "./transaction.ts";

type ClaimOptions = Parameters<Stages["claimMany"]>[0];

interface ClaimRow extends Omit<ClaimedStage, "fence" | "inputs" | "earlierFailures"> {
  inputs: {
    name: string;
    artifactName: string;
    stageKind: string;
    artifactId: string | null;
    sha256: string | null;
    sizeBytes: number | null;
  }[];
  earlierFailures: (Failure | null)[];
}

/** Looked at beyond what is wanted: others may hold the first ones locked at this moment. */
const spare = 16;

const isDueSql = "status = 'ready' AND NOT is_paused AND ready_at <= clock_timestamp()";
const fitsSql = `resources->>'device' = ANY ($2::text[]) AND (is_light
  OR ((resources->>'threads')::float8 <= $3::float8 AND (resources->>'memoryBytes')::float8 <= $4::float8))`;
/** What has been begun goes on before anything new begins: its run has waited longest, and who watches a fault's end waits for it. */
const orderSql = "priority DESC, attempt DESC, ready_at, id";

/**
 * CTE `chosen`: the most urgent stages that are due and fit, one that takes a share of the machine and any number of light ones. Among
 * equally urgent ones the project comes first that has the least at work for its share, and none beyond its limit.
 */
const fairSql = `offer AS MATERIALIZED (
  SELECT p.id, p.share, n.running, coalesce(p.max_running - n.running, 2147483647) AS room
  FROM project p CROSS JOIN LATERAL (
    SELECT count(*) AS running FROM stage WHERE stage.status = 'running' AND stage.project_id = p.id
  ) n
  WHERE (p.max_running IS NULL OR p.max_running > n.running)
    AND NOT EXISTS (SELECT FROM worker WHERE worker.id = $1::uuid AND is_draining)
), candidate AS MATERIALIZED (
  SELECT s.id, s.is_light, s.priority, (offer.running + s.place) / offer.share AS load, s.ready_at
  FROM offer CROSS JOIN LATERAL (
    SELECT *, row_number() OVER (ORDER BY ${orderSql}) AS place FROM (
      (SELECT id, is_light, priority, attempt, ready_at FROM stage
        WHERE project_id = offer.id AND NOT is_light AND $3::float8 > 0 AND ${isDueSql} AND ${fitsSql}
        ORDER BY ${orderSql} LIMIT ${spare})
      UNION ALL
      (SELECT id, is_light, priority, attempt, ready_at FROM stage
        WHERE project_id = offer.id AND is_light AND ${isDueSql} AND ${fitsSql}
        ORDER BY ${orderSql} LIMIT CASE WHEN $6::int > 0 THEN $6::int + ${spare} ELSE 0 END)
    ) AS first
  ) s WHERE s.place <= offer.room
), heavy AS (
  SELECT stage.id FROM stage JOIN candidate c ON c.id = stage.id
  WHERE NOT c.is_light AND stage.status = 'ready'
  ORDER BY c.priority DESC, c.load, c.ready_at, c.id LIMIT 1 FOR UPDATE OF stage SKIP LOCKED
), light AS (
  SELECT stage.id FROM stage JOIN candidate c ON c.id = stage.id
  WHERE c.is_light AND stage.status = 'ready'
  ORDER BY c.priority DESC, c.load, c.ready_at, c.id LIMIT $6::int FOR UPDATE OF stage SKIP LOCKED
), chosen AS (SELECT id FROM heavy UNION ALL SELECT id FROM light)`;

/** CTE `chosen`: that very stage. */
const oneSql = `chosen AS (
  SELECT id FROM stage WHERE id = $7::uuid AND $6::int >= 0 AND ${isDueSql} AND ${fitsSql} FOR UPDATE SKIP LOCKED
)`;

/** One statement: find, lock past others' locks, take, open the attempts, start the runs, and say what the worker needs. */
const claimSql = (chosen: string) => `WITH ${chosen}, claimed AS (
  UPDATE stage SET status = 'running', attempt = attempt + 1, worker_id = $1::uuid,
    lease_expires_at = clock_timestamp() + $5::float8 * interval '1 millisecond', cancel_requested = false,
    prune_requested = false, preempt_requested = false, progress = NULL, waiting_reason = NULL, failure = NULL,
    started_at = coalesce(started_at, clock_timestamp()), finished_at = NULL
  FROM chosen WHERE stage.id = chosen.id AND stage.status = 'ready'
  RETURNING stage.*
), tried AS (
  INSERT INTO attempt (stage_id, number, worker_id, status, started_at, accumulate)
  SELECT id, attempt, worker_id, 'running', clock_timestamp(), accumulate FROM claimed
), queued AS (
  SELECT r.id FROM run r WHERE r.status = 'queued'
    AND r.id IN (SELECT rs.run_id FROM run_stage rs JOIN claimed c ON c.id = rs.stage_id)
  ORDER BY r.id FOR UPDATE
), started AS (
  UPDATE run SET status = 'running', started_at = coalesce(run.started_at, clock_timestamp())
  FROM queued WHERE run.id = queued.id AND run.status = 'queued' RETURNING run.id
)
SELECT c.id, c.content_key AS "contentKey", c.kind, c.kind_version AS "kindVersion", c.params, c.seed, c.resources, c.attempt,
  c.lease_expires_at AS "leaseExpiresAt", c.accumulate, c.is_light AS "isLight", c.priority,
  (SELECT coalesce(json_agg(json_build_object('name', i.name, 'artifactName', i.artifact_name, 'stageKind', source.kind,
      'artifactId', a.id, 'sha256', a.sha256, 'sizeBytes', a.size_bytes) ORDER BY i.name), '[]')
    FROM stage_input i JOIN stage source ON source.id = i.source_stage_id
    LEFT JOIN artifact a ON a.stage_id = i.source_stage_id AND a.name = i.artifact_name
    WHERE i.stage_id = c.id) AS inputs,
  (SELECT json_build_object('step', k.step, 'sha256', k.sha256, 'sizeBytes', k.size_bytes)
    FROM checkpoint k WHERE k.stage_id = c.id ORDER BY k.step DESC LIMIT 1) AS checkpoint,
  (SELECT coalesce(json_agg(a.failure ORDER BY a.number), '[]') FROM attempt a
    WHERE a.stage_id = c.id AND a.number > ${freshSql("c")} AND a.status IN ('failed', 'lost')) AS "earlierFailures",
  array(SELECT rs.run_id FROM run_stage rs WHERE rs.stage_id = c.id ORDER BY rs.run_id) AS "runIds",
  ${notifySql("stage", "c.id")},
  (SELECT count(${notifySql("run", "id")}) FROM started)
FROM claimed c`;

const manySql = claimSql(fairSql);
const thatSql = claimSql(oneSql);

/** See Stages.claimMany. */
export async function claimMany(pool: Pool, options: ClaimOptions): Promise<ClaimedStage[]> {
  for (;;) {
    const rows = await claimRows(pool, options);
    const claimed: ClaimedStage[] = [];
    for (const { inputs: found, earlierFailures, ...row } of rows) {
      const fence = { stageId: row.id, attempt: row.attempt, workerId: options.workerId };
      const missing = found.find(({ sha256 }) => sha256 === null);
      if (missing !== undefined) {
        // No worker can run it, now or later.
        const failure: Failure = {
          kind: "user",
          code: "MISSING_ARTIFACT",
          message: `The stage of kind "${missing.stageKind}" succeeded without leaving the artifact "${missing.artifactName}"`,
          where: `input "${missing.name}"`,
        };
        await endAttempt(pool, fence, { outcome: "failed", failure });
        continue;
      }
      const inputs = found.map(({ name, artifactName, artifactId, sha256, sizeBytes }) => ({
        name,
        artifactName,
        artifactId: artifactId!,
        sha256: sha256!,
        sizeBytes: sizeBytes!,
      }));
      claimed.push({ ...row, fence, inputs, earlierFailures: earlierFailures.filter((failure) => failure !== null) });
    }
    if (claimed.length > 0 || rows.length === 0 || options.stageId !== undefined) return claimed;
  }
}

async function claimRows(pool: Pool, { workerId, capabilities, leaseMs, stageId }: ClaimOptions): Promise<ClaimRow[]> {
  const { devices, threads, memoryBytes, lightSlots = 0 } = capabilities;
  const values = [workerId, devices, threads, memoryBytes, leaseMs, lightSlots];
  if (stageId !== undefined) {
    const query = { name: "stages.claimThat", text: thatSql, values: [...values, stageId] };
    return repeatOnDeadlock(async () => (await pool.query<ClaimRow>(query)).rows);
  }
  const query = { name: "stages.claimMany", text: manySql, values };
  const { rows } = await pool.query({
    name: "stages.hasLimits",
    text: "SELECT FROM project WHERE max_running IS NOT NULL LIMIT 1",
  });
  if (rows.length === 0) return repeatOnDeadlock(async () => (await pool.query<ClaimRow>(query)).rows);
  return transaction(pool, async (client) => {
    // Two workers that count at once would both see room for one: the second one counts when the first has committed.
    await client.query("SELECT FROM project WHERE max_running IS NOT NULL ORDER BY id FOR NO KEY UPDATE");
    return (await client.query<ClaimRow>(query)).rows;
  });
}
