import type { PlannedStage, RunStatus } from "@retort/core";
import type { Pool, PoolClient } from "pg";
import { v7 as uuid } from "uuid";
import { ConflictError } from "./errors.ts";
import { jsonb } from "./jsonb.ts";
import { settleWishes } from "./run-wishes.ts";
import type { RunInput } from "./runs.ts";
import { transaction } from "./transaction.ts";
import { blockDependants, readyStages, resetStages, settleRunsOf } from "./transitions.ts";

interface KnownStage {
  id: string;
  contentKey: string;
  isNew: boolean;
  isQuarantined: boolean;
}

/** See Runs.create. */
export function createRun(pool: Pool, run: RunInput): Promise<{ id: string; status: RunStatus; reusedStages: number }> {
  if (run.stages.length === 0) {
    // Nothing would ever end it.
    throw new ConflictError({
      message: "A run without stages",
      expected: "at least one",
      got: "none",
      where: run.name,
    });
  }
  return transaction(pool, async (client) => {
    const id = uuid();
    const known = await insertOrReuse(client, run);
    const byKey = new Map(known.map((stage) => [stage.contentKey, stage]));
    await insertInputs(client, run.stages, byKey);
    await client.query(
      `INSERT INTO run (id, project_id, recipe, params, config_key, seed, name, priority, status)
       VALUES ($1, $2, $3, $4::jsonb, $5, $6, $7, $8, 'queued')`,
      [id, run.projectId, run.recipe, jsonb(run.params), run.configKey, run.seed, run.name, run.priority ?? 0],
    );
    await client.query(
      `INSERT INTO run_stage (run_id, stage_id, name, position, reused)
       SELECT $1, * FROM unnest($2::uuid[], $3::text[], $4::int[], $5::boolean[])`,
      [
        id,
        run.stages.map(({ contentKey }) => byKey.get(contentKey)!.id),
        run.stages.map(({ name }) => name),
        run.stages.map((_, position) => position),
        run.stages.map(({ contentKey }) => !byKey.get(contentKey)!.isNew),
      ],
    );
    const stageIds = known.map((stage) => stage.id);
    await settleWishes(
      client,
      known.filter(({ isNew }) => !isNew).map((stage) => stage.id),
    );
    await readyStages(client, stageIds);
    await blockDependants(
      client,
      known.filter(({ isQuarantined }) => isQuarantined).map((stage) => stage.id),
    );
    // Also other runs: one that had failed goes on when its failed stage gets another budget.
    await settleRunsOf(client, stageIds);
    const { rows } = await client.query<{ status: RunStatus }>("SELECT status FROM run WHERE id = $1", [id]);
    return { id, status: rows[0]!.status, reusedStages: known.filter(({ isNew }) => !isNew).length };
  });
}

/** Rows for all planned stages, locked, and with a new budget where they had failed or were cancelled. */
async function insertOrReuse(
  client: PoolClient,
  { stages: planned, projectId, priority = 0 }: RunInput,
): Promise<KnownStage[]> {
  const unique = [...new Map(planned.map((stage) => [stage.contentKey, stage])).values()];
  // Ids in the plan's order (inputs first), rows in the order of their keys: two equal runs at once wait for each other.
  const rows = unique.map((stage) => ({
    id: uuid(),
    content_key: stage.contentKey,
    key_parts: stage.keyParts,
    kind: stage.kind,
    kind_version: stage.kindVersion,
    params: stage.params,
    seed: stage.seed,
    data_fingerprint: stage.dataFingerprint,
    resources: stage.resources,
  }));
  const { rows: inserted } = await client.query<{ id: string }>(
    `INSERT INTO stage (id, content_key, key_parts, kind, kind_version, params, seed, data_fingerprint, resources, priority, project_id, status)
     SELECT id, content_key, key_parts, kind, kind_version, params, seed, data_fingerprint, resources, $2, $3::uuid, 'pending'
     FROM jsonb_to_recordset($1::jsonb) AS s (id uuid, content_key text, key_parts jsonb, kind text, kind_version int,
       params jsonb, seed int, data_fingerprint text, resources jsonb)
     ORDER BY content_key ON CONFLICT (content_key) DO NOTHING RETURNING id`,
    [jsonb(rows), priority, projectId],
  );
  const made = new Set(inserted.map(({ id }) => id));
  const { rows: locked } = await client.query<Omit<KnownStage, "isNew">>(
    `SELECT id, content_key AS "contentKey", quarantined_at IS NOT NULL AS "isQuarantined" FROM stage WHERE content_key = ANY ($1::text[]) ORDER BY id FOR UPDATE`,
    [unique.map(({ contentKey }) => contentKey)],
  );
  const reused = locked.filter(({ id }) => !made.has(id)).map(({ id }) => id);
  await resetStages(client, reused);
  await client.query(
    `UPDATE stage SET cancel_requested = false, project_id = $2
     WHERE id = ANY ($1::uuid[]) AND status IN ('pending', 'ready', 'running') AND (cancel_requested OR project_id <> $2)`,
    [reused, projectId],
  );
  return locked.map((stage) => ({ ...stage, isNew: made.has(stage.id) }));
}

async function insertInputs(
  client: PoolClient,
  planned: readonly PlannedStage[],
  byKey: ReadonlyMap<string, KnownStage>,
): Promise<void> {
  const inputs = planned.flatMap(({ contentKey, inputs }) =>
    inputs.map((input) => ({
      stageId: byKey.get(contentKey)!.id,
      sourceId: byKey.get(input.sourceContentKey)!.id,
      ...input,
    })),
  );
  // A reused stage has its inputs: they are part of its content key.
  await client.query(
    `INSERT INTO stage_input (stage_id, name, source_stage_id, artifact_name)
     SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[]) ON CONFLICT DO NOTHING`,
    [
      inputs.map(({ stageId }) => stageId),
      inputs.map(({ name }) => name),
      inputs.map(({ sourceId }) => sourceId),
      inputs.map(({ artifactName }) => artifactName),
    ],
  );
}
