import type { PlannedInput, PlannedStage, Resources } from "@retort/core";
import type { Database } from "./database.ts";
import type { ClaimedStage } from "./stages.ts";
import type { WorkerInput } from "./workers.ts";

/** A planned stage of an invented kind; its content key is made of its own key and those of its inputs. */
export function plannedStage(
  name: string,
  options: { key?: string; after?: readonly PlannedStage[]; resources?: Partial<Resources> } = {},
): PlannedStage {
  const inputs: PlannedInput[] = (options.after ?? []).map((source) => ({
    name: source.name,
    sourceContentKey: source.contentKey,
    artifactName: "model",
  }));
  const contentKey = [options.key ?? name, ...inputs.map((input) => `(${input.sourceContentKey})`)].join("");
  const resources = { device: "cpu", threads: 1, memoryBytes: 2 ** 20, ...options.resources };
  return {
    ...{
      name,
      kind: "test",
      kindVersion: 1,
      params: { name },
      seed: 0,
      contentKey,
      dataFingerprint: null,
      resources,
      inputs,
    },
    keyParts: {
      kind: "test",
      kindVersion: 1,
      params: { name },
      inputs: Object.fromEntries(
        inputs.map((input) => [input.name, { contentKey: input.sourceContentKey, artifact: "model" }]),
      ),
      dataFingerprint: null,
      seed: 0,
      engine: 1,
    },
  };
}

/** Launches a run of these stages in the project "demo". @returns its id */
export async function launch(
  db: Database,
  stages: readonly PlannedStage[],
  options: { name?: string; seed?: number; configKey?: string; recipe?: string } = {},
): Promise<string> {
  const { id: projectId } = await db.projects.ensure({ slug: "demo", name: "Demo" });
  const { name = "run", seed = 0, configKey = "config", recipe = "test" } = options;
  const run = await db.runs.create({ projectId, recipe, params: { a: 1 }, seed, name, configKey, stages });
  return run.id;
}

export const testWorker: WorkerInput = {
  name: "test",
  host: "localhost",
  pid: process.pid,
  devices: ["cpu"],
  threads: 4,
  memoryBytes: 2 ** 33,
};

/** Claims whatever is ready, or that stage of the run. @throws Error when there is nothing to claim */
export async function claimed(
  db: Database,
  options: { workerId: string; leaseMs?: number; runId?: string; name?: string },
): Promise<ClaimedStage> {
  const { workerId, leaseMs = 60_000, runId, name } = options;
  const run = runId === undefined ? null : await db.runs.get(runId);
  const stageId = run?.stages.find((stage) => stage.name === name)?.id;
  const stage = await db.stages.claim({ workerId, capabilities: testWorker, leaseMs, stageId });
  if (stage === null) throw new Error(`There is no stage to claim${name === undefined ? "" : ` named ${name}`}`);
  return stage;
}

/** Leaves the artifact "model" and succeeds. */
export async function finish(db: Database, stage: ClaimedStage): Promise<void> {
  await db.artifacts.record(stage.fence, { name: "model", kind: "test", sha256: `sha-${stage.id}`, sizeBytes: 3 });
  await db.stages.succeed(stage.fence);
}

/** Status of each stage of a run by its name. */
export async function statuses(db: Database, runId: string): Promise<Record<string, string>> {
  const run = await db.runs.get(runId);
  return Object.fromEntries((run?.stages ?? []).map(({ name, status }) => [name, status]));
}

/** Lets everything wait no longer: leases run out, delayed retries and messages are due. Tests do not wait for clocks. */
export async function passTime(db: Database): Promise<void> {
  await db.pool.query("UPDATE stage SET lease_expires_at = now() - interval '1 s' WHERE status = 'running'");
  await db.pool.query("UPDATE stage SET ready_at = now() - interval '1 s' WHERE status = 'ready'");
  await db.pool.query("UPDATE outbox SET available_at = now() - interval '1 s' WHERE sent_at IS NULL");
}
