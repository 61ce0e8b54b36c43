import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { attemptPids } from "./attempt-pids.ts";
import { isAlive } from "./is-alive.ts";
import { TestPlatform } from "./platform.ts";
import { spawnWorker } from "./testing-process.ts";

let platform: TestPlatform;
const processes: ChildProcess[] = [];

beforeEach(async () => {
  platform = await TestPlatform.open();
});
afterEach(async () => {
  for (const process of processes.splice(0)) process.kill("SIGKILL");
  await platform.close();
});

const leaseMs = 2_000;
async function startProcess(name: string): Promise<ChildProcess> {
  const worker = spawnWorker({
    DATABASE_URL: platform.url,
    RETORT_HOME: join(platform.home, name),
    RETORT_STORE_URL: platform.storeUrl,
    RETORT_WORKER_NAME: name,
    RETORT_LEASE_MS: String(leaseMs),
    RETORT_STOP_GRACE_MS: "3000",
  });
  worker.stderr?.on("data", (chunk) => platform.logLines.push(`${name}: ${chunk}`));
  processes.push(worker);
  await platform.until(
    async () => (await platform.db.workers.list()).some((row) => row.name === name && row.status === "online"),
    60_000,
    async () => `the worker ${name} does not come up`,
  );
  return worker;
}

async function attempts(runId: string) {
  return platform.db.attempts.forStage((await platform.stage(runId)).id);
}

const longRun = { steps: 60, stepMs: 50, checkpointEvery: 5 };
const hasCheckpoint = ({ latest }: { latest: { step: number }[] }) => latest.some(({ step }) => step >= 10);

describe("a worker's process", { timeout: 240_000 }, () => {
  it("killed: its attempt's process ends, and another worker goes on from the checkpoint", async () => {
    const first = await startProcess("first");
    const runId = await platform.launch(longRun);
    await platform.stageIs(runId, hasCheckpoint);
    const pids = attemptPids(first.pid);
    expect(pids).toHaveLength(1);
    first.kill("SIGKILL");
    await platform.startWorker({ name: "second" });
    await expect.poll(() => pids.some(isAlive), { timeout: 4_000 }).toBe(false);
    await platform.runEnds(runId, "succeeded");
    const [lost, done] = await attempts(runId);
    expect(lost).toMatchObject({ workerName: "first", status: "lost", failure: { kind: "lost-lease" } });
    expect(done).toMatchObject({ workerName: "second", status: "succeeded" });
    expect(done!.resumedFromStep).toBeGreaterThanOrEqual(5);
    expect(await platform.points((await platform.stage(runId)).id, "loss")).toHaveLength(60);
  });

  it("told to stop: hands its stage over at once and exits with 0", async () => {
    const leaver = await startProcess("leaver");
    const runId = await platform.launch(longRun);
    await platform.stageIs(runId, hasCheckpoint);
    leaver.kill("SIGTERM");
    const [exitCode] = await once(leaver, "exit");
    expect(exitCode).toBe(0);
    expect((await platform.stage(runId)).status).toBe("ready");
    expect((await attempts(runId))[0]).toMatchObject({
      status: "failed",
      failure: {
        kind: "preempted",
        message: "The attempt gave way to the end of its worker; the stage goes on from its newest checkpoint",
      },
    });
    expect((await platform.db.workers.list()).map(({ status }) => status)).toEqual(["gone"]);
    await platform.startWorker({ name: "heir" });
    await platform.runEnds(runId, "succeeded");
    expect((await attempts(runId)).map(({ workerName }) => workerName)).toEqual(["leaver", "heir"]);
  });

  it("stopped for longer than its lease: what it does afterwards is refused", async () => {
    const sleeper = await startProcess("sleeper");
    const runId = await platform.launch(longRun);
    const { id } = await platform.stageIs(runId, hasCheckpoint);
    sleeper.kill("SIGSTOP");
    await platform.startWorker({ name: "heir" });
    await platform.stageIs(runId, ({ attempt }) => attempt === 2);
    sleeper.kill("SIGCONT");
    await platform.runEnds(runId, "succeeded");
    const [lost, done] = await attempts(runId);
    expect([lost, done]).toMatchObject([{ status: "lost" }, { status: "succeeded", workerName: "heir" }]);
    // The sleeper's process went on meanwhile: none of its points after the takeover came in.
    const points = await platform.points(id, "loss");
    expect(points.map(({ step }) => step)).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
    expect(points.filter(({ step }) => step > done!.resumedFromStep!).every(({ attempt }) => attempt === 2)).toBe(true);
    await expect.poll(() => attemptPids(sleeper.pid), { timeout: 5_000 }).toEqual([]);
  });
});

describe("two workers", () => {
  it("run each stage once, whoever takes it", async () => {
    await Promise.all(["one", "other"].map((name) => platform.startWorker({ name })));
    const runIds = await Promise.all(
      Array.from({ length: 6 }, (_, index) => platform.launch({ steps: 5, threads: 2 }, 100 + index)),
    );
    const runs = await Promise.all(runIds.map((id) => platform.runEnds(id, "succeeded")));
    const rows = await Promise.all(
      runs.flatMap(({ stages }) => stages.map(({ id }) => platform.db.attempts.forStage(id))),
    );
    expect(rows.map((list) => list.length)).toEqual(Array.from({ length: 6 }, () => 1));
  });
});
