import { createDatabase, type Database } from "@retort/db";
import { createTestDatabase } from "@retort/db/testing";
import { createQueue, type Queue } from "@retort/queue";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { claimedStage, launchDiagnostic } from "../test/claimed-stage.ts";
import { Orchestrator } from "./orchestrator.ts";
import { defaultSettings } from "./worker.ts";

const settings = {
  ...defaultSettings,
  outboxEveryMs: 50,
  reconcileEveryMs: 50,
  rewakeAfterMs: 300,
  workerSilentMs: 300,
};

let db: Database;
let queue: Queue;
let orchestrator: Orchestrator;
let woken: string[];

beforeEach(async () => {
  const url = await createTestDatabase(inject("postgresUrl"));
  db = createDatabase({ url });
  queue = createQueue({ postgresUrl: url });
  orchestrator = new Orchestrator({ db, queue, log: () => {}, settings });
  woken = [];
  // A worker that is woken and does nothing with it: as good as a queue that lost the job.
  await queue.consume("stage.wake", ({ stageId }) => void woken.push(stageId));
});
afterEach(async () => {
  await orchestrator.close();
  await queue.close();
  await db.close();
});

describe("Orchestrator", () => {
  it("sends wake-ups from the outbox to the queue, and again those that came to nothing", async () => {
    const { stageId } = await launchDiagnostic(db);
    orchestrator.start();
    await expect.poll(() => woken.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(2);
    expect(new Set(woken)).toEqual(new Set([stageId]));
  });

  it("takes a stage from a worker that missed its lease, and wakes others for it", async () => {
    const { id, fence } = await claimedStage(db);
    await db.prisma.stage.update({ where: { id }, data: { leaseExpiresAt: new Date(0) } });
    orchestrator.start();
    await expect.poll(() => woken, { timeout: 10_000 }).toContain(id);
    expect(await db.stages.get(id)).toMatchObject({ status: "ready", attempt: fence.attempt });
  });

  it("marks silent workers, and says why stages wait", async () => {
    await claimedStage(db);
    const { stageId } = await launchDiagnostic(db, 2);
    orchestrator.start();
    await expect.poll(async () => (await db.workers.list())[0]?.status, { timeout: 10_000 }).toBe("gone");
    const reason = async () => (await db.stages.get(stageId))?.waitingReason;
    await expect.poll(reason, { timeout: 10_000 }).toBe("no worker is online");
  });
});
