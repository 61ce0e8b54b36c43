import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { createDatabase, type Database } from "./database.ts";
import type { DatabaseEvent } from "./events.ts";
import { createTestDatabase } from "./testing.ts";
import { claimed, launch, passTime, plannedStage, testWorker } from "./testing-fixtures.ts";

// Workers, outbox, access, events, and a database that goes away.

let db: Database;
const complaints: string[] = [];

beforeAll(async () => {
  const url = await createTestDatabase(inject("postgresUrl"));
  db = createDatabase({ url, log: (message) => complaints.push(message) });
});
afterAll(() => db.close());

async function eventually(check: () => boolean, what: string): Promise<void> {
  for (let waited = 0; !check(); waited += 20) {
    if (waited > 10_000) throw new Error(`This did not happen: ${what}`);
    await sleep(20);
  }
}

describe("workers", () => {
  it("come, beat, fall silent, come back and leave", async () => {
    const { id } = await db.workers.register({
      ...testWorker,
      name: "one",
      devices: ["cpu", "cuda"],
      memoryBytes: 2 ** 40 + 0.5,
    });
    const one = async () => (await db.workers.list()).find((worker) => worker.id === id);
    expect(await one()).toMatchObject({
      status: "online",
      devices: ["cpu", "cuda"],
      memoryBytes: 2 ** 40,
      stageIds: [],
    });
    await launch(db, [plannedStage("work")]);
    const stage = await claimed(db, { workerId: id });
    expect((await one())?.stageIds).toEqual([stage.id]);
    expect(await db.workers.markGone({ silentMs: 60_000 })).toEqual([]);
    await sleep(30);
    expect(await db.workers.markGone({ silentMs: 20 })).toEqual([id]);
    expect((await one())?.status).toBe("gone");
    await db.workers.heartbeat(id, "draining");
    expect((await one())?.status).toBe("draining");
    await db.workers.leave(id);
    expect((await one())?.status).toBe("gone");
    await expect(db.workers.heartbeat("00000000-0000-4000-8000-000000000000")).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
  });
});

describe("outbox", () => {
  it("gives a message to one of two takers, and again when it was not marked sent in time", async () => {
    await db.pool.query("DELETE FROM outbox");
    await launch(db, [plannedStage("o1"), plannedStage("o2"), plannedStage("o3")]);
    const [a, b] = await Promise.all([db.outbox.take(2), db.outbox.take(2)]);
    expect(a.length + b.length).toBe(3);
    expect(new Set([...a, ...b].map(({ id }) => id)).size).toBe(3);
    await db.outbox.markSent([a[0]!.id]);
    expect(await db.outbox.take(10)).toEqual([]);
    await passTime(db);
    expect(await db.outbox.take(10)).toHaveLength(2);
    expect(await db.outbox.purge({ sentBeforeMs: 0 })).toBe(1);
  });
});

describe("access", () => {
  it("lets a login token be redeemed once, of ten at the same moment one", async () => {
    const token = await db.auth.createLoginToken();
    const sessions = await Promise.all(Array.from({ length: 10 }, () => db.auth.redeemLoginToken(token)));
    const won = sessions.filter((session) => session !== null);
    expect(won).toHaveLength(1);
    expect(await db.auth.session(won[0]!)).toMatchObject({ expiresAt: expect.any(Date) });
    expect(await db.auth.redeemLoginToken(token)).toBeNull();
    expect(await db.auth.session(token)).toBeNull();
    await db.auth.endSession(won[0]!);
    expect(await db.auth.session(won[0]!)).toBeNull();
  });

  it("refuses expired tokens and sessions", async () => {
    const token = await db.auth.createLoginToken({ lifetimeMs: 1 });
    const fresh = await db.auth.redeemLoginToken(await db.auth.createLoginToken(), { sessionLifetimeMs: 1 });
    await sleep(10);
    expect(await db.auth.redeemLoginToken(token)).toBeNull();
    expect(await db.auth.session(fresh!)).toBeNull();
  });

  it("knows API keys until they are revoked", async () => {
    const { id, key } = await db.auth.createApiKey("cli");
    expect(await db.auth.apiKey(key)).toMatchObject({ id, name: "cli", lastUsedAt: null });
    expect((await db.auth.apiKey(key))?.lastUsedAt).toBeInstanceOf(Date);
    expect(await db.auth.apiKey(`${key}x`)).toBeNull();
    expect(await db.auth.listApiKeys()).toMatchObject([{ id }]);
    await db.auth.revokeApiKey(id);
    expect(await db.auth.apiKey(key)).toBeNull();
  });

  it("stores no secret", async () => {
    const token = await db.auth.createLoginToken();
    const session = await db.auth.redeemLoginToken(token);
    const { key } = await db.auth.createApiKey("secret");
    const { rows } = await db.pool.query(
      `SELECT string_agg(t::text, ' ') AS everything FROM (
        SELECT row_to_json(l)::text AS t FROM login_token l UNION ALL SELECT row_to_json(s)::text FROM session s
        UNION ALL SELECT row_to_json(k)::text FROM api_key k) all_rows`,
    );
    const everything: string = rows[0].everything;
    expect(everything).toContain("hash");
    for (const secret of [token, session!, key]) expect(everything).not.toContain(secret.replace("retort_", ""));
  });
});

describe("events", () => {
  it("tell of changes once they are committed, to every listener", async () => {
    const seen: DatabaseEvent[] = [];
    const also: DatabaseEvent[] = [];
    const first = await db.events.listen((event) => seen.push(event));
    const second = await db.events.listen({ onEvent: (event) => also.push(event) });
    const runId = await launch(db, [plannedStage("event")]);
    const stageId = (await db.runs.get(runId))?.stages[0]?.id;
    await eventually(() => seen.some(({ type, id }) => type === "stage" && id === stageId), "event of the stage");
    await first.close();
    await db.events.publish({ type: "run", id: runId });
    await eventually(() => also.some(({ type, id }) => type === "run" && id === runId), "event of the run");
    await db.pool.query("SELECT pg_notify('retort', 'not json')");
    await db.events.publish({ type: "worker", id: "last" });
    await eventually(() => also.some(({ id }) => id === "last"), "event after a foreign message");
    expect(seen.some(({ id }) => id === "last")).toBe(false);
    await second.close();
  });

  it("come once to a listener that begins while the last one ends", async () => {
    const before = await db.events.listen(() => {});
    const closed = before.close();
    const seen: string[] = [];
    const subscription = await db.events.listen(({ id }) => seen.push(id));
    await closed;
    await sleep(200);
    await db.events.publish({ type: "run", id: "one" });
    await db.events.publish({ type: "run", id: "two" });
    await eventually(() => seen.includes("two"), "second event");
    expect(seen).toEqual(["one", "two"]);
    await subscription.close();
  });

  it("come again after the connection broke, and the gap is told", async () => {
    const seen: string[] = [];
    let gaps = 0;
    const subscription = await db.events.listen({ onEvent: ({ id }) => void seen.push(id), onGap: () => gaps++ });
    await db.pool.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'retort events'",
    );
    await eventually(() => gaps === 1, "reconnect");
    await db.events.publish({ type: "run", id: "after" });
    await eventually(() => seen.includes("after"), "event after the reconnect");
    await subscription.close();
  });
});

it("survives that all its connections are cut, in use or idle", async () => {
  const busy = db.pool.query("SELECT pg_sleep(5)").catch((error: Error) => error);
  const inTransaction = await db.pool.connect();
  await inTransaction.query("BEGIN");
  await sleep(50);
  await db.pool.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
  );
  expect(await busy).toBeInstanceOf(Error);
  await sleep(50);
  inTransaction.release(true);
  expect((await db.pool.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
  expect(complaints.join()).toContain("connection broke");
});

it("reads an instant alike, whatever the server's time zone", async () => {
  const client = await db.pool.connect();
  try {
    for (const zone of ["UTC", "Asia/Kolkata", "America/St_Johns", "Europe/London"]) {
      await client.query("SELECT set_config('timezone', $1, false)", [zone]);
      const { rows } = await client.query(
        `SELECT '2026-03-09 23:59:58.123456Z'::timestamptz AS at, '2026-07-01Z'::timestamptz AS whole,
          '12026-07-01Z'::timestamptz AS far, '0044-03-15 12:00:00Z BC'::timestamptz AS past, 'infinity'::timestamptz AS never`,
      );
      expect(rows[0]).toEqual({
        at: new Date("2026-03-09T23:59:58.123Z"),
        whole: new Date("2026-07-01T00:00:00Z"),
        far: new Date("+012026-07-01T00:00:00Z"),
        past: new Date("-000043-03-15T12:00:00Z"),
        never: Number.POSITIVE_INFINITY,
      });
    }
  } finally {
    // Its time zone is no other test's.
    client.release(true);
  }
});

it("offers the same rows through Prisma", async () => {
  const runId = await launch(db, [plannedStage("prisma")]);
  const run = await db.prisma.run.findUnique({
    where: { id: runId },
    include: { stages: { include: { stage: true } } },
  });
  expect(run?.stages[0]?.stage).toMatchObject({ kind: "test", status: "ready", params: { name: "prisma" } });
});
