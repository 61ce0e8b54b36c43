import type { ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestApi, type TestApi } from "@retort/api/testing";
import { hasRedis, TestRedis } from "@retort/queue/testing";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { spawnWorker } from "./testing-process.ts";

/** On a machine that does other work, too, starting a process takes its time. */
const patienceMs = 180_000;

/** Each has a home of its own; what they share they reach through the network: database, Redis, and the server's artifacts over HTTP. */
describe.skipIf(!hasRedis && process.env.CI !== "true")("workers on two hosts (needs redis-server)", () => {
  let api: TestApi;
  let redis: TestRedis;
  let homes: string;
  const hosts: ChildProcess[] = [];

  beforeEach(async () => {
    homes = await mkdtemp(join(tmpdir(), "retort-hosts-"));
    [api, redis] = await Promise.all([startTestApi(inject("postgresUrl")), TestRedis.start()]);
  });
  afterEach(async () => {
    for (const host of hosts.splice(0)) host.kill("SIGKILL");
    await Promise.all([api.close(), redis.stop()]);
    await rm(homes, { recursive: true, force: true });
  });

  async function startHost(name: string, threads: number): Promise<ChildProcess> {
    const store = new URL("/api/store", api.url);
    [store.username, store.password] = ["retort", api.apiKey];
    const host = spawnWorker({
      DATABASE_URL: api.databaseUrl,
      REDIS_URL: redis.url,
      RETORT_STORE_URL: store.href,
      RETORT_HOME: join(homes, name),
      RETORT_WORKER_NAME: name,
      RETORT_WORKER_THREADS: String(threads),
      RETORT_LEASE_MS: "2000",
    });
    hosts.push(host);
    await expect.poll(() => onlineWorkers(), { timeout: patienceMs }).toContain(name);
    return host;
  }

  const onlineWorkers = async () =>
    (await api.db.workers.list()).filter(({ status }) => status === "online").map(({ name }) => name);

  /** @returns id of the run */
  async function launch(params: Record<string, unknown>): Promise<string> {
    const request = { recipe: "diagnostic", params: { load: "idle", ...params }, seeds: [1] };
    return (await api.retort.runs.launch.mutate(request)).runIds[0]!;
  }

  const stageOf = async (runId: string, name: string) =>
    (await api.db.runs.get(runId))!.stages.find((stage) => stage.name === name)!;

  async function attemptsOf(runId: string, name: string) {
    return api.db.attempts.forStage((await stageOf(runId, name)).id);
  }

  const runStatus = async (runId: string) => (await api.db.runs.get(runId))!.status;

  it(
    "hand on what a stage leaves to the stage that needs it",
    async () => {
      await startHost("large", 2);
      await startHost("small", 1);
      const runId = await launch({ steps: 40, stepMs: 50, threads: 2 });
      await expect.poll(async () => (await stageOf(runId, "work")).status, { timeout: patienceMs }).toBe("running");
      const [large] = (await api.db.workers.list()).filter(({ name }) => name === "large");
      await api.retort.workers.drain.mutate({ workerId: large!.id });
      await expect.poll(() => runStatus(runId), { timeout: patienceMs }).toBe("succeeded");
      const workers = async (name: string) => (await attemptsOf(runId, name)).map(({ workerName }) => workerName);
      expect([await workers("work"), await workers("check")]).toEqual([["large"], ["small"]]);
    },
    4 * patienceMs,
  );

  it(
    "go on from each other's checkpoints",
    async () => {
      const first = await startHost("first", 1);
      const runId = await launch({ steps: 60, stepMs: 50, checkpointEvery: 5 });
      await expect
        .poll(async () => (await stageOf(runId, "work")).latest[0]?.step ?? 0, { timeout: patienceMs })
        .toBeGreaterThan(10);
      first.kill("SIGKILL");
      await startHost("second", 1);
      await expect.poll(() => runStatus(runId), { timeout: patienceMs }).toBe("succeeded");
      const [lost, done] = await attemptsOf(runId, "work");
      expect([lost, done]).toMatchObject([
        { workerName: "first", status: "lost" },
        { workerName: "second", status: "succeeded" },
      ]);
      expect(done!.resumedFromStep).toBeGreaterThanOrEqual(5);
    },
    4 * patienceMs,
  );
});
