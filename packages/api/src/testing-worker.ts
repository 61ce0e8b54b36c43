import type { ClaimedStage, Database } from "@retort/db";

/** A worker in the test's own process: it claims real stages and reports through the same fenced writes as any worker. */
export interface TestWorker {
  id: string;
  claim(): Promise<ClaimedStage>;
}

export async function startTestWorker(db: Database): Promise<TestWorker> {
  const capabilities = { devices: ["cpu"], threads: 4, memoryBytes: 2 ** 33 };
  const { id } = await db.workers.register({ name: "test", host: "localhost", pid: process.pid, ...capabilities });
  return {
    id,
    async claim() {
      const stage = await db.stages.claim({ workerId: id, capabilities, leaseMs: 60_000 });
      if (stage === null) throw new Error("No stage is ready");
      return stage;
    },
  };
}
