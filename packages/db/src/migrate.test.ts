import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { afterEach, beforeEach, expect, inject, it } from "vitest";
import { migrate } from "./migrate.ts";

let dir: string;
let url: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "retort-migrate-"));
  const database = `migrate_${Math.random().toString(36).slice(2)}`;
  await query(inject("postgresUrl"), `CREATE DATABASE ${database}`);
  url = inject("postgresUrl").replace(/\/\w+$/, `/${database}`);
  await add("20260101000000_first", "CREATE TABLE a (id int);");
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function query(at: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: at });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function add(name: string, sql: string): Promise<void> {
  await mkdir(join(dir, name), { recursive: true });
  await writeFile(join(dir, name, "migration.sql"), sql);
}

it("applies what is missing, in order, and nothing twice", async () => {
  await add("20260102000000_second", "ALTER TABLE a ADD COLUMN b text; INSERT INTO a VALUES (1, 'x');");
  expect(await migrate({ url, migrationsDir: dir })).toEqual(["20260101000000_first", "20260102000000_second"]);
  expect(await migrate({ url, migrationsDir: dir })).toEqual([]);
  await add("20260103000000_third", "DELETE FROM a;");
  expect(await migrate({ url, migrationsDir: dir })).toEqual(["20260103000000_third"]);
});

it("is done once by four processes that start together", async () => {
  await add("20260102000000_second", "INSERT INTO a VALUES (1);");
  const applied = await Promise.all(Array.from({ length: 4 }, () => migrate({ url, migrationsDir: dir })));
  expect(applied.flat()).toHaveLength(2);
  expect(await query(url, "SELECT * FROM a")).toEqual([{ id: 1 }]);
});

it("takes a failing migration back whole and keeps those before it", async () => {
  await add("20260102000000_broken", "CREATE TABLE c (id int); SELECT 1 / 0;");
  await expect(migrate({ url, migrationsDir: dir })).rejects.toMatchObject({
    code: "MIGRATION_FAILED",
    message: expect.stringMatching(/20260102000000_broken failed and was taken back: division by zero/),
  });
  expect(await query(url, "SELECT to_regclass('c') AS c, to_regclass('a') AS a")).toEqual([{ c: null, a: "a" }]);
});

it("refuses an edited migration and a database that is newer", async () => {
  await migrate({ url, migrationsDir: dir });
  await add("20260101000000_first", "CREATE TABLE a (id bigint);");
  await expect(migrate({ url, migrationsDir: dir })).rejects.toMatchObject({ code: "MIGRATION_EDITED" });
  await rm(join(dir, "20260101000000_first"), { recursive: true });
  await expect(migrate({ url, migrationsDir: dir })).rejects.toMatchObject({ code: "DATABASE_IS_NEWER" });
});

it("writes the record that Prisma would", async () => {
  await cp(fileURLToPath(new URL("../../../prisma/migrations", import.meta.url)), dir, { recursive: true });
  await migrate({ url, migrationsDir: dir });
  const rows = await query(url, "SELECT * FROM _prisma_migrations ORDER BY migration_name DESC LIMIT 1");
  expect(rows[0]).toMatchObject({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    checksum: expect.stringMatching(/^[0-9a-f]{64}$/),
    finished_at: expect.any(Date),
    rolled_back_at: null,
    applied_steps_count: 1,
  });
});
