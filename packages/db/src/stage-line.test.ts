import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { createDatabase, type Database } from "./database.ts";
import { createTestDatabase } from "./testing.ts";
import { claimed, launch, plannedStage, testWorker } from "./testing-fixtures.ts";

let db: Database;
let workerId: string;

beforeAll(async () => {
  db = createDatabase({ url: await createTestDatabase(inject("postgresUrl")) });
  ({ id: workerId } = await db.workers.register(testWorker));
});
afterAll(() => db.close());

const line = async () => (await db.stages.line({ limit: 100 })).stages;
const standing = async () => (await line()).map(({ place, run }) => [place, run?.stageName]);

it("tells what runs, what is next, what is held back and what waits for what", async () => {
  const [first, second] = [plannedStage("first"), plannedStage("second")];
  const runId = await launch(db, [first, second, plannedStage("last", { after: [first, second] })], { name: "older" });
  const again = await launch(db, [first], { name: "newer" });
  const { fence } = await claimed(db, { workerId, runId, name: "first" });
  const paused = await launch(db, [plannedStage("paused")]);
  await db.runs.pause(paused);
  await launch(db, [plannedStage("cuda", { resources: { device: "cuda" } })]);
  const urgent = await launch(db, [plannedStage("urgent")]);
  await db.runs.setPriority(urgent, 3);
  await db.stages.explainWaiting();

  expect(await standing()).toEqual([
    ["running", "first"],
    ["ready", "urgent"],
    ["ready", "second"],
    ["held", "paused"],
    ["held", "cuda"],
    ["pending", "last"],
  ]);
  const [running, next, , , held, pending] = await line();
  expect(running).toMatchObject({
    worker: { id: workerId, name: testWorker.name },
    run: { id: again, name: "newer" },
    numRuns: 2,
    startedAt: expect.any(Date),
    projectSlug: "demo",
  });
  expect(next).toMatchObject({ priority: 3, worker: null, startedAt: null, waitingReason: null });
  expect(held!.waitingReason).toContain('no worker has the device "cuda"');
  expect(pending!.waitsFor).toEqual(["first", "second"]);
  expect(await db.stages.line({ place: "ready", limit: 1 })).toMatchObject({
    counts: { running: 1, ready: 2, held: 2, pending: 1, quarantined: 0 },
    stages: [{ run: { stageName: "urgent" } }],
  });

  const failure = { kind: "infrastructure" as const, code: "LOST", message: "the disk went away" };
  await db.stages.fail(fence, failure, { retry: true, delayMs: 60_000 });
  const backingOff = (await line()).find(({ run }) => run?.stageName === "first")!;
  expect(backingOff).toMatchObject({ place: "held", waitingReason: "retries after: the disk went away" });
  expect(backingOff.readyAt!.getTime()).toBeGreaterThan(Date.now() + 30_000);
});

it("keeps quarantined stages in sight, whose runs have ended, until they are released", async () => {
  const runId = await launch(db, [plannedStage("killer")]);
  const { fence, id } = await claimed(db, { workerId, runId, name: "killer" });
  const failure = { kind: "infrastructure" as const, code: "QUARANTINED", message: "killed its processes" };
  await db.stages.fail(fence, failure, { retry: false, delayMs: 0, quarantine: true });
  const found = async () => (await line()).find((stage) => stage.id === id);
  expect(await found()).toMatchObject({ place: "quarantined", status: "failed", run: { id: runId }, numRuns: 1 });
  await db.stages.release(id);
  expect(await found()).toMatchObject({ place: "ready" });
});
