import { parseRun, planRun } from "@retort/core";
import type { ClaimedStage, Database } from "@retort/db";

/** A run of the diagnostic recipe; its first stage is ready. */
export async function launchDiagnostic(db: Database, seed = 1): Promise<{ runId: string; stageId: string }> {
  const { id: projectId } = await db.projects.ensure({ slug: "test", name: "Test" });
  const request = { recipe: "diagnostic", params: {}, seed };
  const stages = planRun({ ...request, fingerprints: new Map() });
  const { id: runId } = await db.runs.create({ projectId, ...parseRun(request), seed, name: "test", stages });
  const stage = await db.stages.byContentKey(stages[0]!.contentKey);
  return { runId, stageId: stage!.id };
}

/** A stage that a worker has claimed which exists in the database alone. */
export async function claimedStage(db: Database, seed = 1): Promise<ClaimedStage> {
  const { stageId } = await launchDiagnostic(db, seed);
  const worker = { name: "test", host: "test", pid: process.pid, devices: ["cpu"], threads: 4, memoryBytes: 2 ** 32 };
  const { id: workerId } = await db.workers.register(worker);
  const capabilities = { devices: ["cpu"], threads: 4, memoryBytes: 2 ** 32 };
  const stage = await db.stages.claim({ workerId, capabilities, leaseMs: 60_000, stageId });
  if (stage === null) throw new Error("nothing to claim");
  return stage;
}
