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

export interface CreatedRun {
  id: string;
  status: RunStatus;
  reusedStages: number;
}

/** See Runs.create. */
export function createRun(pool: Pool, run: RunInput): Promise<CreatedRun> {
  return transaction(pool, async (client) => (await createRuns(client, [run]))[0]!);
}

/**
 * Writes runs of one project with their stages, a handful of statements for all of them; of equal stages among them the first run's is new and
 * the others are reused. Belongs into a transaction that has locked no stage or run yet.
 * @throws ConflictError for a run without stages
 */
export async function createRuns(client: PoolClient, runs: readonly RunInput[]): Promise<CreatedRun[]> {
  if (runs.length === 0) return [];
  for (const run of runs) if (run.stages.length === 0) throw withoutStages(run);
  const rows = runs.map((run) => ({ id: uuid(), run }));
  const planned = runs.flatMap(({ stages }) => stages);
  await holdCheckpoints(client, planned);
  const known = await insertOrReuse(client, planned, {
    projectId: runs[0]!.projectId,
    priority: Math.max(...runs.map(({ priority = 0 }) => priority)),
  });
  const byKey = new Map(known.map((stage) => [stage.contentKey, stage]));
  await insertInputs(client, planned, byKey);
  await client.query(
    `INSERT INTO run (id, project_id, recipe, params, config_key, seed, name, priority, status)
     SELECT id, project_id, recipe, params, config_key, seed, name, priority, 'queued'
     FROM jsonb_to_recordset($1::jsonb) AS r (id uuid, project_id uuid, recipe text, params jsonb, config_key text, seed int,
       name text, priority int)`,
    [
      jsonb(
        rows.map(({ id, run }) => ({
          id,
          project_id: run.projectId,
          recipe: run.recipe,
          params: run.params,
          config_key: run.configKey,
          seed: run.seed,
          name: run.name,
          priority: run.priority ?? 0,
        })),
      ),
    ],
  );
  const made = new Set<string>();
  const uses = rows.flatMap(({ id, run }) =>
    run.stages.map(({ name, contentKey }, position) => {
      const stage = byKey.get(contentKey)!;
      const isFirst = stage.isNew && !made.has(stage.id);
      made.add(stage.id);
      return { runId: id, stageId: stage.id, name, position, reused: !isFirst };
    }),
  );
  await client.query(
    `INSERT INTO run_stage (run_id, stage_id, name, position, reused)
     SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::int[], $5::boolean[])`,
    [
      uses.map(({ runId }) => runId),
      uses.map(({ stageId }) => stageId),
      uses.map(({ name }) => name),
      uses.map(({ position }) => position),
      uses.map(({ reused }) => reused),
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
  const { rows: statuses } = await client.query<{ id: string; status: RunStatus }>(
    "SELECT id, status FROM run WHERE id = ANY ($1::uuid[])",
    [rows.map(({ id }) => id)],
  );
  const statusOf = new Map(statuses.map(({ id, status }) => [id, status]));
  return rows.map(({ id }) => ({
    id,
    status: statusOf.get(id)!,
    reusedStages: uses.filter(({ runId, reused }) => runId === id && reused).length,
  }));
}

/**
 * Keeps the checkpoints that stages fork from: whoever writes a newer one waits, and then finds this content named by the fork.
 * @throws ConflictError when one has been replaced meanwhile
 */
async function holdCheckpoints(client: PoolClient, planned: readonly PlannedStage[]): Promise<void> {
  const wanted = [...new Set(planned.flatMap(({ fork }) => fork?.sha256 ?? []))];
  if (wanted.length === 0) return;
  const { rows } = await client.query<{ sha256: string }>(
    "SELECT sha256 FROM checkpoint WHERE sha256 = ANY ($1::text[]) FOR SHARE",
    [wanted],
  );
  const missing = wanted.find((sha256) => !rows.some((row) => row.sha256 === sha256));
  if (missing === undefined) return;
  throw new ConflictError({
    message: "The checkpoint has been replaced by a newer one",
    expected: "a checkpoint that is there",
    got: missing,
    where: "fork",
    fix: "Fork again: the newest one is taken",
  });
}

/** Nothing would ever end it. */
function withoutStages({ name }: RunInput): ConflictError {
  return new ConflictError({ message: "A run without stages", expected: "at least one", got: "none", where: name });
}

/** Rows for all planned stages, locked, and with a new budget where they had failed or were cancelled. */
async function insertOrReuse(
  client: PoolClient,
  planned: readonly PlannedStage[],
  { projectId, priority }: { projectId: string; priority: number },
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
    is_light: stage.light ?? false,
  }));
  const { rows: inserted } = await client.query<{ id: string }>(
    `INSERT INTO stage (id, content_key, key_parts, kind, kind_version, params, seed, data_fingerprint, resources, is_light, priority, project_id, status)
     SELECT id, content_key, key_parts, kind, kind_version, params, seed, data_fingerprint, resources, is_light, $2, $3::uuid, 'pending'
     FROM jsonb_to_recordset($1::jsonb) AS s (id uuid, content_key text, key_parts jsonb, kind text, kind_version int,
       params jsonb, seed int, data_fingerprint text, resources jsonb, is_light boolean)
     ORDER BY content_key ON CONFLICT (content_key) DO NOTHING RETURNING id`,
    [jsonb(rows), priority, projectId],
  );
  const made = new Set(inserted.map(({ id }) => id));
  await insertForks(
    client,
    unique,
    new Map(rows.filter(({ id }) => made.has(id)).map((row) => [row.content_key, row.id])),
  );
  const { rows: locked } = await client.query<Omit<KnownStage, "isNew">>(
    `SELECT id, content_key AS "contentKey", quarantined_at IS NOT NULL AS "isQuarantined" FROM stage
     WHERE content_key = ANY ($1::text[]) ORDER BY id FOR UPDATE`,
    [unique.map(({ contentKey }) => contentKey)],
  );
  const reused = locked.filter(({ id }) => !made.has(id)).map(({ id }) => id);
  await resetStages(client, reused);
  await client.query(
    `UPDATE stage SET cancel_requested = false, prune_requested = false, project_id = $2
     WHERE id = ANY ($1::uuid[]) AND status IN ('pending', 'ready', 'running') AND (cancel_requested OR project_id <> $2)`,
    [reused, projectId],
  );
  return locked.map((stage) => ({ ...stage, isNew: made.has(stage.id) }));
}

/** A stage that begins from another's checkpoint has it as its own: the first attempt resumes from it like any later one. */
async function insertForks(
  client: PoolClient,
  planned: readonly PlannedStage[],
  madeIds: ReadonlyMap<string, string>,
): Promise<void> {
  const forks = planned.flatMap(({ contentKey, fork }) => {
    const stageId = madeIds.get(contentKey);
    return fork === undefined || stageId === undefined ? [] : [{ stageId, ...fork }];
  });
  if (forks.length === 0) return;
  await client.query(
    `INSERT INTO checkpoint (stage_id, step, attempt, sha256, size_bytes)
     SELECT stage_id, step, 0, sha256, size_bytes FROM unnest($1::uuid[], $2::int[], $3::text[], $4::bigint[])
       AS f (stage_id, step, sha256, size_bytes)`,
    [
      forks.map(({ stageId }) => stageId),
      forks.map(({ step }) => step),
      forks.map(({ sha256 }) => sha256),
      forks.map(({ sizeBytes }) => sizeBytes),
    ],
  );
}

async function insertInputs(
  client: PoolClient,
  planned: readonly PlannedStage[],
  byKey: ReadonlyMap<string, KnownStage>,
): Promise<void> {
  const unique = [...new Map(planned.map((stage) => [stage.contentKey, stage])).values()];
  const inputs = unique.flatMap(({ contentKey, inputs }) =>
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
