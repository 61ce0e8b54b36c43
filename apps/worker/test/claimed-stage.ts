import { parseRun, planRun } from "@retort/core";
import type { ClaimedStage, Database } from "@retort/db";

/** A stage of a diagnostic run, claimed by a worker that exists in the database alone. */
export async function claimedStage(db: Database, seed = 1): Promise<ClaimedStage> {
  const { id: projectId } = await db.projects.ensure({ slug: "test", name: "Test" });
  const request = { recipe: "diagnostic", params: {}, seed };
  const stages = planRun({ ...request, fingerprints: new Map() });
  await db.runs.create({ projectId, ...parseRun(request), seed, name: "test", stages });
  const worker = { name: "test", host: "test", pid: process.pid, devices: ["cpu"], threads: 4, memoryBytes: 2 ** 32 };
  const { id: workerId } = await db.workers.register(worker);
  const capabilities = { devices: ["cpu"], threads: 4, memoryBytes: 2 ** 32 };
  const stage = await db.stages.claim({ workerId, capabilities, leaseMs: 60_000 });
  if (stage === null) throw new Error("nothing to claim");
  return stage;
}
