import type { Failure } from "@retort/core";
import type { Pool } from "pg";
import { notifySql } from "./events.ts";
import { endAttempt } from "./stage-end.ts";
import type { ClaimedStage, Stages } from "./stages.ts";
import { repeatOnDeadlock } from "./transaction.ts";

type ClaimOptions = Parameters<Stages["claim"]>[0];

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

/** One statement: find, lock past others' locks, take, open the attempt, start the runs, and say what the worker needs. */
const claimSql = (onlyOne: boolean) => `WITH candidate AS (
  SELECT id FROM stage
  WHERE status = 'ready' AND NOT is_paused AND ready_at <= clock_timestamp()
    AND NOT EXISTS (SELECT FROM worker WHERE worker.id = $1::uuid AND is_draining)
    AND resources->>'device' = ANY ($2::text[])
    AND (resources->>'threads')::float8 <= $3::float8
    AND (resources->>'memoryBytes')::float8 <= $4::float8
    ${onlyOne ? "AND id = $6::uuid" : ""}
  ORDER BY priority DESC, ready_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
), claimed AS (
  UPDATE stage SET status = 'running', attempt = attempt + 1, worker_id = $1::uuid,
    lease_expires_at = clock_timestamp() + $5::float8 * interval '1 millisecond', cancel_requested = false, prune_requested = false, progress = NULL,
    waiting_reason = NULL, failure = NULL, started_at = coalesce(started_at, clock_timestamp()), finished_at = NULL
  FROM candidate WHERE stage.id = candidate.id AND stage.status = 'ready'
  RETURNING stage.*
), tried AS (
  INSERT INTO attempt (stage_id, number, worker_id, status, started_at)
  SELECT id, attempt, worker_id, 'running', clock_timestamp() FROM claimed
), queued AS (
  SELECT r.id FROM run r WHERE r.status = 'queued'
    AND r.id IN (SELECT rs.run_id FROM run_stage rs JOIN claimed c ON c.id = rs.stage_id)
  ORDER BY r.id FOR UPDATE
), started AS (
  UPDATE run SET status = 'running', started_at = coalesce(run.started_at, clock_timestamp())
  FROM queued WHERE run.id = queued.id AND run.status = 'queued' RETURNING run.id
)
SELECT c.id, c.content_key AS "contentKey", c.kind, c.kind_version AS "kindVersion", c.params, c.seed, c.resources, c.attempt,
  c.lease_expires_at AS "leaseExpiresAt",
  (SELECT coalesce(json_agg(json_build_object('name', i.name, 'artifactName', i.artifact_name, 'stageKind', source.kind,
      'artifactId', a.id, 'sha256', a.sha256, 'sizeBytes', a.size_bytes) ORDER BY i.name), '[]')
    FROM stage_input i JOIN stage source ON source.id = i.source_stage_id
    LEFT JOIN artifact a ON a.stage_id = i.source_stage_id AND a.name = i.artifact_name
    WHERE i.stage_id = c.id) AS inputs,
  (SELECT json_build_object('step', k.step, 'sha256', k.sha256, 'sizeBytes', k.size_bytes)
    FROM checkpoint k WHERE k.stage_id = c.id ORDER BY k.step DESC LIMIT 1) AS checkpoint,
  (SELECT coalesce(json_agg(a.failure ORDER BY a.number), '[]') FROM attempt a
    WHERE a.stage_id = c.id AND a.number > c.budget_start AND a.status IN ('failed', 'lost')) AS "earlierFailures",
  array(SELECT rs.run_id FROM run_stage rs WHERE rs.stage_id = c.id ORDER BY rs.run_id) AS "runIds",
  ${notifySql("stage", "c.id")},
  (SELECT count(${notifySql("run", "id")}) FROM started)
FROM claimed c`;

const anySql = claimSql(false);
const oneSql = claimSql(true);

export async function claim(pool: Pool, options: ClaimOptions): Promise<ClaimedStage | null> {
  for (;;) {
    const row = await claimRow(pool, options);
    if (row === undefined) return null;
    const fence = { stageId: row.id, attempt: row.attempt, workerId: options.workerId };
    const missing = row.inputs.find(({ sha256 }) => sha256 === null);
    if (missing === undefined) {
      const inputs = row.inputs.map(({ name, artifactName, artifactId, sha256, sizeBytes }) => ({
        name,
        artifactName,
        artifactId: artifactId!,
        sha256: sha256!,
        sizeBytes: sizeBytes!,
      }));
      const earlierFailures = row.earlierFailures.filter((failure) => failure !== null);
      const { id, contentKey, kind, kindVersion, params, seed, resources, attempt } = row;
      const { leaseExpiresAt, checkpoint, runIds } = row;
      return {
        ...{ fence, id, contentKey, kind, kindVersion, params, seed, resources, attempt },
        ...{ leaseExpiresAt, checkpoint, runIds, inputs, earlierFailures },
      };
    }
    // No worker can run it, now or later.
    const failure: Failure = {
      kind: "user",
      code: "MISSING_ARTIFACT",
      message: `The stage of kind "${missing.stageKind}" succeeded without leaving the artifact "${missing.artifactName}"`,
      where: `input "${missing.name}"`,
    };
    await endAttempt(pool, fence, { outcome: "failed", failure });
    if (options.stageId !== undefined) return null;
  }
}

async function claimRow(pool: Pool, { workerId, capabilities, leaseMs, stageId }: ClaimOptions) {
  const { devices, threads, memoryBytes } = capabilities;
  const values = [workerId, devices, threads, memoryBytes, leaseMs];
  const query =
    stageId === undefined
      ? { name: "stages.claim", text: anySql, values }
      : { name: "stages.claimOne", text: oneSql, values: [...values, stageId] };
  const { rows } = await repeatOnDeadlock(() => pool.query<ClaimRow>(query));
  return rows[0];
}
