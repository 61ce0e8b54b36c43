import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { attemptPids } from "./attempt-pids.ts";
import { TestPlatform } from "./platform.ts";

let platform: TestPlatform;

beforeAll(async () => {
  platform = await TestPlatform.open();
  await platform.startWorker();
});
afterAll(() => platform.close());

async function attempts(runId: string) {
  return platform.db.attempts.forStage((await platform.stage(runId)).id);
}

/** The attempt that failed first, whether or not another follows. */
async function firstFailure(runId: string) {
  await platform.until(
    async () => (await attempts(runId))[0]?.failure != null,
    60_000,
    async () => "no failed attempt",
  );
  return (await attempts(runId))[0]!;
}

describe("a failure that another attempt would repeat", () => {
  it.each([
    ["user-error", { kind: "user", code: "DIAGNOSTIC_USER_ERROR", where: "step 2" }],
    ["data-error", { kind: "data", code: "DIAGNOSTIC_DATA_ERROR" }],
    ["nan", { kind: "diverged", code: "DIVERGED", expected: "a finite loss", got: "NaN" }],
  ])("ends the run at once: %s", async (failure, expected) => {
    const runId = await platform.launch({ failure, failAtStep: 2 });
    const run = await platform.runEnds(runId, "failed");
    const [work] = run.stages;
    expect(work).toMatchObject({ status: "failed", attempt: 1, failure: expected });
    expect(run.error).toMatchObject(expected);
    // What came before the failure is kept.
    const values = (await platform.points(work!.id, "loss")).map(({ value }) => value);
    // ... and a loss that is not a number is shown as it is.
    expect(values).toEqual(failure === "nan" ? [1, 0.5, Number.NaN] : [1, 0.5]);
  });
});

describe("a process that dies", () => {
  it("leaves its exit code and its last output", async () => {
    const runId = await platform.launch({ failure: "exit", failAtStep: 1 });
    const attempt = await firstFailure(runId);
    expect(attempt.failure).toMatchObject({ kind: "infrastructure", code: "PROCESS_EXITED", got: "exit code 3" });
    expect(attempt.lastOutput).toContain("Asked to exit with code 3 at step 1");
    await platform.db.runs.cancel(runId);
  });

  it("is told from one that gave up by itself: abort", async () => {
    const runId = await platform.launch({ failure: "abort", failAtStep: 1 });
    const attempt = await firstFailure(runId);
    expect(attempt.failure).toMatchObject({ kind: "infrastructure", code: "PROCESS_KILLED", got: "SIGABRT" });
    await platform.db.runs.cancel(runId);
  });

  it("is an unexpected error with its stack, and tried again", async () => {
    const runId = await platform.launch({ failure: "unexpected-error", failAtStep: 1 });
    const attempt = await firstFailure(runId);
    expect(attempt.failure).toMatchObject({ kind: "infrastructure", code: "UNEXPECTED_ERROR" });
    expect(attempt.lastOutput).toMatch(/Error: Asked to fail by an unexpected error at step 1\n\s+at /);
    await platform.stageIs(runId, ({ attempt }) => attempt === 2);
    await platform.db.runs.cancel(runId);
  });

  it("is stopped beyond its memory limit, with the limit and the peak", async () => {
    const runId = await platform.launch({ failure: "out-of-memory", memoryMb: 256 });
    const { failure } = await firstFailure(runId);
    expect(failure).toMatchObject({ kind: "out-of-memory", code: "MEMORY_LIMIT", expected: "at most 256 MiB" });
    expect(Number(/(\d+) MiB/.exec(failure!.got!)?.[1])).toBeGreaterThan(256);
    await platform.db.runs.cancel(runId);
  });
});

describe("SIGKILL of an attempt's process", () => {
  it("costs the steps since the checkpoint: the rest and the result are as if nothing had happened", async () => {
    const undisturbed = await platform.launch({ steps: 40, stepMs: 30 });
    const runId = await platform.launch({ steps: 40, stepMs: 30, checkpointEvery: 10 });
    const { id } = await platform.stage(runId);
    await platform.until(
      async () => ((await platform.db.checkpoints.latest(id))?.step ?? 0) >= 20,
      60_000,
      async () => "no checkpoint of step 20",
    );
    const killed = await platform.stage(runId);
    const step = () => killed.latest.find(({ key }) => key === "loss")?.step ?? 0;
    for (const pid of attemptPids()) process.kill(pid, "SIGKILL");
    await platform.runEnds(runId, "succeeded");

    const [first, second] = await attempts(runId);
    expect(first!.failure).toMatchObject({ kind: "infrastructure", code: "PROCESS_KILLED", got: "SIGKILL" });
    expect(second).toMatchObject({ status: "succeeded", resumedFromStep: expect.any(Number) });
    const resumed = second!.resumedFromStep!;
    expect(resumed).toBeGreaterThanOrEqual(20);
    expect(step()).toBeGreaterThanOrEqual(resumed - 10);
    const points = await platform.points(id, "loss");
    expect(points.map((point) => point.step)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
    expect(points.filter((point) => point.attempt === 1).map((point) => point.step)).toEqual(
      Array.from({ length: resumed }, (_, index) => index + 1),
    );
    await platform.runEnds(undisturbed, "succeeded");
    const report = async (stageId: string) => (await platform.db.artifacts.forStage(stageId))[0]!.sha256;
    expect(await report(id)).toBe(await report((await platform.stage(undisturbed)).id));
  });
});

describe("a lease that somebody else took", () => {
  it("ends the attempt, hanging or not, and its late reports are refused", async () => {
    const runId = await platform.launch({
      steps: 10,
      checkpointEvery: 2,
      failAtStep: 4,
      failure: "hang",
      failWhen: "without-checkpoint",
    });
    const { id } = await platform.stageIs(runId, ({ latest }) => latest.some(({ step }) => step >= 4));
    const [pid] = attemptPids();
    // A heartbeat may save it at the first try.
    await platform.until(
      async () => {
        const expire = { leaseExpiresAt: new Date(Date.now() - 1_000) };
        await platform.db.prisma.stage.updateMany({ where: { id, attempt: 1, status: "running" }, data: expire });
        await platform.db.stages.reclaimExpired();
        return (await attempts(runId))[0]!.status === "lost";
      },
      5_000,
      async () => "the lease is still there",
    );
    await platform.runEnds(runId, "succeeded");
    await expect.poll(() => attemptPids().includes(pid!), { timeout: 5_000 }).toBe(false);
    expect((await attempts(runId)).map(({ status }) => status)).toEqual(["lost", "succeeded"]);
  });
});

describe("a database that goes away", () => {
  it("loses nothing: every connection is cut, twice, and all points arrive", async () => {
    const runId = await platform.launch({ steps: 100, stepMs: 20 });
    const cut = () =>
      platform.db.pool
        .query(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        .catch(() => {});
    const { id } = await platform.stageIs(runId, ({ latest }) => latest.length > 0);
    await cut();
    await new Promise((resolve) => setTimeout(resolve, 500));
    await cut();
    await platform.runEnds(runId, "succeeded");
    expect(await platform.points(id, "loss")).toHaveLength(100);
    expect((await attempts(runId)).map(({ status }) => status)).toEqual(["succeeded"]);
  });
});

it("the worker has outlived it all", async () => {
  await platform.runEnds(await platform.launch({ steps: 2 }, 99), "succeeded");
});
