import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { createDatabase, type Database } from "@retort/db";
import { createTestDatabase } from "@retort/db/testing";
import { afterEach, beforeEach, expect, inject, it } from "vitest";
import { sweepWorkRoot } from "./work-root.ts";

let db: Database;
let workRoot: string;

beforeEach(async () => {
  db = createDatabase({ url: await createTestDatabase(inject("postgresUrl")) });
  workRoot = await mkdtemp(join(tmpdir(), "retort-work-"));
});
afterEach(async () => {
  await rm(workRoot, { recursive: true, force: true });
  await db.close();
});

async function workerWith(pid: number, host: string): Promise<string> {
  const { id } = await db.workers.register({ name: "w", host, pid, devices: ["cpu"], threads: 1, memoryBytes: 1 });
  await mkdir(join(workRoot, id, "attempt"), { recursive: true });
  return id;
}

it("removes what dead workers of this host left, and nothing else", async () => {
  const deadPid = spawnSync(process.execPath, ["-e", "0"]).pid;
  await workerWith(deadPid, hostname());
  const kept = [await workerWith(process.pid, hostname()), await workerWith(deadPid, "another-host"), "notes"];
  await mkdir(join(workRoot, "notes"));
  await sweepWorkRoot({ db, workRoot, log: () => {} });
  expect((await readdir(workRoot)).sort()).toEqual(kept.sort());
});

it("does without a directory that is not there yet", async () => {
  await sweepWorkRoot({ db, workRoot: join(workRoot, "absent"), log: () => {} });
});
