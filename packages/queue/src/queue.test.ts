import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createTestDatabase } from "@retort/db/testing";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { createQueue, type Queue, type QueueOptions } from "./queue.ts";
import { hasRedis, TestRedis } from "./testing.ts";

interface Server {
  options: QueueOptions;
  /** Forgets all jobs. */
  clear(): Promise<void>;
  /** Puts a job into the queue past the catalog. */
  addRaw(payload: unknown): Promise<void>;
  stop(): Promise<void>;
}

async function onPostgres(): Promise<Server> {
  const postgresUrl = await createTestDatabase(inject("postgresUrl"));
  const clear = async () => {
    const client = new pg.Client({ connectionString: postgresUrl });
    await client.connect();
    await client.query("DROP SCHEMA IF EXISTS bullmq CASCADE");
    await client.end();
  };
  return {
    options: { postgresUrl },
    clear,
    addRaw: (payload) => addRaw({ postgresUrl }, payload),
    stop: async () => {},
  };
}

async function onRedis(): Promise<Server> {
  const redis = await TestRedis.start();
  const options = { postgresUrl: "postgresql://127.0.0.1:1/none", redisUrl: redis.url };
  return {
    options,
    clear: () => redis.flush(),
    addRaw: (payload) => addRaw(options, payload),
    stop: () => redis.stop(),
  };
}

async function addRaw({ postgresUrl, redisUrl }: QueueOptions, payload: unknown): Promise<void> {
  const { postgresBackend, redisBackend } = await import("./backend.ts");
  const backend = redisUrl === undefined ? postgresBackend(postgresUrl) : redisBackend(redisUrl);
  const queue = backend.openQueue("stage.wake");
  await queue.add("stage.wake", payload, {});
  await queue.close();
}

/** Every backend does the same. */
function queueSuite(start: () => Promise<Server>): void {
  let server: Server;
  const open: Queue[] = [];
  const newQueue = (options: Partial<QueueOptions> = {}): Queue => {
    const queue = createQueue({ ...server.options, ...options });
    open.push(queue);
    return queue;
  };

  beforeAll(async () => {
    server = await start();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((queue) => queue.close()));
    await server.clear();
  });
  afterAll(() => server.stop());

  it("delivers a job to a consumer that is there before and to one that comes later", async () => {
    const queue = newQueue();
    const [early, late] = [randomUUID(), randomUUID()];
    const seen: string[] = [];
    const take = ({ stageId }: { stageId: string }) => void seen.push(stageId);
    const consumer = await newQueue().consume("stage.wake", take);
    await queue.add("stage.wake", { stageId: early });
    await eventually(() => seen.includes(early));
    await consumer.close();
    await queue.add("stage.wake", { stageId: late });
    expect((await queue.counts())["stage.wake"]).toEqual({ waiting: 1, active: 0, delayed: 0, failed: 0 });
    await newQueue().consume("stage.wake", take);
    await eventually(() => seen.includes(late));
    expect(seen).toEqual([early, late]);
  });

  it("delivers each of 500 jobs once to four consumers", async () => {
    const ids = Array.from({ length: 500 }, () => randomUUID());
    const seen: string[] = [];
    for (let i = 0; i < 4; i++) {
      await newQueue().consume("stage.wake", ({ stageId }) => void seen.push(stageId), { concurrency: 5 });
    }
    await newQueue().addBulk(
      ids.map((stageId) => ({ job: "stage.wake", payload: { stageId }, jobId: `${stageId}-1` })),
    );
    await eventually(() => seen.length >= ids.length);
    expect(seen.sort()).toEqual(ids.sort());
  });

  it("takes a job of an id once while it waits, and again after it is done", async () => {
    const queue = newQueue();
    const stageId = randomUUID();
    const add = () => queue.add("stage.wake", { stageId }, { jobId: `${stageId}-7` });
    await add();
    await add();
    await queue.addBulk([{ job: "stage.wake", payload: { stageId }, jobId: `${stageId}-7` }]);
    expect((await queue.counts())["stage.wake"].waiting).toBe(1);
    const jobIds: string[] = [];
    await queue.consume("stage.wake", (_payload, { jobId }) => void jobIds.push(jobId));
    await eventually(() => jobIds.length === 1);
    await eventually(async () => (await queue.counts())["stage.wake"].active === 0);
    await add();
    await eventually(() => jobIds.length === 2);
    expect(jobIds).toEqual([`${stageId}-7`, `${stageId}-7`]);
  });

  it("holds a delayed job back", async () => {
    const queue = newQueue();
    let deliveredAt = 0;
    await queue.consume("stage.wake", () => {
      deliveredAt = Date.now();
    });
    const addedAt = Date.now();
    await queue.add("stage.wake", { stageId: randomUUID() }, { delayMs: 400 });
    await eventually(() => deliveredAt > 0);
    expect(deliveredAt - addedAt).toBeGreaterThanOrEqual(395);
  });

  it("calls a handler that threw again", async () => {
    const queue = newQueue();
    let calls = 0;
    await queue.consume("stage.wake", () => {
      calls++;
      if (calls === 1) throw new Error("the database was away");
    });
    await queue.add("stage.wake", { stageId: randomUUID() });
    await eventually(() => calls === 2);
    await eventually(async () => Object.values((await queue.counts())["stage.wake"]).every((count) => count === 0));
  });

  it("pauses, resumes, and closes only when its handler is done", async () => {
    const queue = newQueue();
    let started = 0;
    let finished = 0;
    let release = () => {};
    const consumer = await newQueue().consume("stage.wake", async () => {
      started++;
      await new Promise<void>((done) => {
        release = done;
      });
      finished++;
    });
    await consumer.pause();
    await queue.add("stage.wake", { stageId: randomUUID() });
    await sleep(300);
    expect(started).toBe(0);
    await consumer.resume();
    await eventually(() => started === 1);
    const closed = consumer.close().then(() => finished);
    await sleep(50);
    expect(finished).toBe(0);
    release();
    expect(await closed).toBe(1);
  });

  it("is awake after pauses and resumes in quick succession, the last being a resume", async () => {
    let seen = 0;
    const consumer = await newQueue().consume("stage.wake", () => void seen++);
    for (let i = 0; i < 10; i++) {
      void consumer.pause();
      void consumer.resume();
    }
    await newQueue().add("stage.wake", { stageId: randomUUID() });
    await eventually(() => seen === 1);
  });

  it("gives the job of a consumer that was killed to another", async () => {
    const seen: string[] = [];
    const stageId = randomUUID();
    await newQueue().add("stage.wake", { stageId });
    const script = fileURLToPath(new URL("./testing-consumer.ts", import.meta.url));
    const options = JSON.stringify({ ...server.options, lockMs: 1_000 });
    const child = spawn(process.execPath, ["--import", "tsx", script, options], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    await newQueue({ lockMs: 1_000 }).consume("stage.wake", (payload) => void seen.push(payload.stageId));
    // It is alive and holds the job.
    await sleep(2_500);
    expect(seen).toEqual([]);
    child.kill("SIGKILL");
    await eventually(() => seen.length === 1);
    expect(seen).toEqual([stageId]);
  });

  it("refuses what the catalog does not allow, before anything is sent", async () => {
    const queue = newQueue();
    const stageId = randomUUID();
    const good = { job: "stage.wake", payload: { stageId } };
    await expect(queue.add("stage.wake", { stageId: "seven" })).rejects.toMatchObject({ code: "BAD_PAYLOAD" });
    await expect(queue.addBulk([good, { job: "stage.wake", payload: { stageId, params: {} } }])).rejects.toMatchObject({
      code: "BAD_PAYLOAD",
    });
    await expect(queue.addBulk([good, { job: "stage.sing", payload: {} }])).rejects.toMatchObject({
      code: "UNKNOWN_JOB",
      expected: "stage.wake",
      got: "stage.sing",
    });
    expect((await queue.counts())["stage.wake"].waiting).toBe(0);
  });

  it("does not hand a foreign payload to the handler, and keeps it as failed", async () => {
    const queue = newQueue();
    const seen: unknown[] = [];
    await queue.consume("stage.wake", (payload) => void seen.push(payload));
    await server.addRaw({ stage: 1 });
    const stageId = randomUUID();
    await queue.add("stage.wake", { stageId });
    await eventually(() => seen.length === 1);
    await eventually(async () => (await queue.counts())["stage.wake"].failed === 1);
    expect(seen).toEqual([{ stageId }]);
  });
}

async function eventually(check: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`This did not become true: ${check}`);
    await sleep(20);
  }
}

describe("the queue on Postgres", () => queueSuite(onPostgres));

describe.skipIf(!hasRedis && process.env.CI !== "true")("the queue on Redis (needs redis-server)", () => {
  queueSuite(onRedis);

  it("goes on after Redis was killed and started again", async () => {
    const redis = await TestRedis.start();
    const queue = createQueue({ postgresUrl: "", redisUrl: redis.url });
    try {
      const seen: string[] = [];
      await queue.consume("stage.wake", ({ stageId }) => void seen.push(stageId));
      await redis.restart();
      const stageId = randomUUID();
      const add = () => queue.add("stage.wake", { stageId });
      await eventually(() =>
        add().then(
          () => true,
          () => false,
        ),
      );
      await eventually(() => seen.includes(stageId));
    } finally {
      await queue.close();
      await redis.stop();
    }
  });

  it("fails instead of waiting when a message is added while Redis is away", async () => {
    const queue = createQueue({ postgresUrl: "", redisUrl: "redis://127.0.0.1:1" });
    await expect(queue.add("stage.wake", { stageId: randomUUID() })).rejects.toThrow();
    await queue.close();
  });
});
