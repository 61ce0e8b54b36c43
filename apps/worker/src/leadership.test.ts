import { setTimeout as sleep } from "node:timers/promises";
import { createDatabase, type Database } from "@retort/db";
import { createTestDatabase } from "@retort/db/testing";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { Leadership } from "./leadership.ts";

let db: Database;
const open: Leadership[] = [];

beforeEach(async () => {
  db = createDatabase({ url: await createTestDatabase(inject("postgresUrl")) });
});
afterEach(async () => {
  for (const leadership of open.splice(0)) leadership.release();
  await db.close();
});

function candidate(silentMs = 60_000): Leadership {
  const leadership = new Leadership({ pool: db.pool, silentMs, log: () => {} });
  open.push(leadership);
  return leadership;
}

describe("Leadership", () => {
  it("is one candidate's, until it lets go", async () => {
    const [one, other] = [candidate(), candidate()];
    expect([await one.holds(), await other.holds(), await one.holds()]).toEqual([true, false, true]);
    one.release();
    await expect.poll(() => other.holds()).toBe(true);
    expect(await one.holds()).toBe(false);
  });

  it("passes on when the leader's connection dies, which then knows", async () => {
    const [one, other] = [candidate(), candidate()];
    expect(await one.holds()).toBe(true);
    // Tests of other files share the server.
    await db.pool.query(`SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
      WHERE l.locktype = 'advisory' AND l.granted AND d.datname = current_database()`);
    await expect.poll(() => other.holds()).toBe(true);
    await expect.poll(() => one.holds().catch(() => "broken")).toBe(false);
  });

  it("is taken from a leader that is silent for too long, and not from one that shows itself", async () => {
    const [frozen, other] = [candidate(), candidate(500)];
    expect(await frozen.holds()).toBe(true);
    for (let beat = 0; beat < 8; beat++) {
      await sleep(100);
      await frozen.holds();
      expect(await other.holds()).toBe(false);
    }
    await expect.poll(() => other.holds(), { timeout: 3_000 }).toBe(true);
  });
});
