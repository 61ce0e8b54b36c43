import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import * as postgres from "../../../scripts/postgres.mjs";
import { migrate } from "./migrate.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Give it to createTestDatabase() of @retort/db/testing. */
    postgresUrl: string;
  }
}

/** A real PostgreSQL for one test run. */
export interface TestPostgres {
  /** Of the migrated, empty database that test databases are copied from; do not write to it. */
  url: string;
  /** @returns URL of a new database with all tables */
  createDatabase(): Promise<string>;
  stop(): Promise<void>;
}

const prefix = "retort-test-postgres-";

/** Starts a server of its own in a temporary directory and migrates the database that createTestDatabase() copies. */
export async function startTestPostgres({ durable = false } = {}): Promise<TestPostgres> {
  await removeOrphans();
  const dataDir = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`));
  try {
    const server = await postgres.start(join(dataDir, "data"), { durable });
    await migrate({ url: server.url });
    return {
      url: server.url,
      createDatabase: () => createTestDatabase(server.url),
      async stop() {
        await server.stop();
        await rm(dataDir, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await postgres.stop(join(dataDir, "data"));
    await rm(dataDir, { recursive: true, force: true });
    throw error;
  }
}

/** A new database, copied from the migrated one at `serverUrl`: each test file takes its own. @returns its URL */
export async function createTestDatabase(serverUrl: string): Promise<string> {
  const url = new URL(serverUrl);
  const template = url.pathname.slice(1);
  const name = `test_${randomBytes(8).toString("hex")}`;
  url.pathname = "/postgres";
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  } finally {
    await client.end();
  }
  url.pathname = `/${name}`;
  return url.href;
}

/** A test run that was killed left its server behind: end those whose run is gone. */
async function removeOrphans(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(name.startsWith(prefix) ? name.slice(prefix.length).split("-")[0] : Number.NaN);
    if (!Number.isInteger(pid) || isAlive(pid)) continue;
    const dir = join(tmpdir(), name);
    await postgres.stop(join(dir, "data"));
    await rm(dir, { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
