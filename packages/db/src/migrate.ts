import { createHash, randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { MigrationError } from "./migration-error.ts";

/** The number Prisma's own migrate locks: the two never run at the same time. */
const advisoryLock = 72707369;

const bundledMigrations = fileURLToPath(new URL("../../../prisma/migrations", import.meta.url));

export interface MigrateOptions {
  url: string;
  /** Default: prisma/migrations of this repository. */
  migrationsDir?: string;
}

interface AppliedRow {
  name: string;
  checksum: string;
  finished: boolean;
}

/**
 * Applies the migrations that the database lacks, each in a transaction, and keeps Prisma's own record of them.
 * Several processes may call it at once.
 * @returns names of the migrations that were applied
 * @throws MigrationError when an applied migration was edited or failed half-way, or the database is newer than this version
 */
export async function migrate({ url, migrationsDir = bundledMigrations }: MigrateOptions): Promise<string[]> {
  const migrations = await readMigrations(migrationsDir);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query("SELECT pg_advisory_lock($1)", [advisoryLock]);
    await client.query(`CREATE TABLE IF NOT EXISTS _prisma_migrations (
      id                  varchar(36) PRIMARY KEY NOT NULL,
      checksum            varchar(64) NOT NULL,
      finished_at         timestamptz,
      migration_name      varchar(255) NOT NULL,
      logs                text,
      rolled_back_at      timestamptz,
      started_at          timestamptz NOT NULL DEFAULT now(),
      applied_steps_count integer NOT NULL DEFAULT 0
    )`);
    const { rows: applied } = await client.query<AppliedRow>(
      `SELECT migration_name AS name, checksum, finished_at IS NOT NULL AS finished
       FROM _prisma_migrations WHERE rolled_back_at IS NULL ORDER BY started_at`,
    );
    check(migrations, applied);
    const done = new Set(applied.map(({ name }) => name));
    const missing = migrations.filter(({ name }) => !done.has(name));
    for (const migration of missing) await apply(client, migration);
    return missing.map(({ name }) => name);
  } finally {
    // Ending the session gives the lock back.
    await client.end();
  }
}

interface Migration {
  name: string;
  sql: string;
  checksum: string;
}

async function readMigrations(dir: string): Promise<Migration[]> {
  const entries = await readdir(dir, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => {
      const sql = await readFile(join(dir, name, "migration.sql"), "utf8");
      return { name, sql, checksum: createHash("sha256").update(sql).digest("hex") };
    }),
  );
}

function check(migrations: readonly Migration[], applied: readonly AppliedRow[]): void {
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const { name, checksum, finished } of applied) {
    const migration = known.get(name);
    if (migration === undefined) {
      throw new MigrationError({
        code: "DATABASE_IS_NEWER",
        message: `The database has a migration that this version of Retort does not know: ${name}`,
        fix: "Update Retort, or use a database of its own for this version.",
      });
    }
    if (!finished) {
      throw new MigrationError({
        code: "MIGRATION_UNFINISHED",
        message: `Migration ${name} was begun and not finished`,
        fix: "Restore the database from a backup, or finish the migration by hand and set its finished_at in _prisma_migrations.",
      });
    }
    if (migration.checksum !== checksum) {
      throw new MigrationError({
        code: "MIGRATION_EDITED",
        message: `prisma/migrations/${name}/migration.sql was edited after it had been applied`,
        fix: "Put the file back as it was and write a further migration.",
      });
    }
  }
}

async function apply(client: pg.Client, { name, sql, checksum }: Migration): Promise<void> {
  await client.query("BEGIN");
  try {
    await client.query(sql);
    await client.query(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
       VALUES ($1, $2, $3, now(), clock_timestamp(), 1)`,
      [randomUUID(), checksum, name],
    );
    await client.query("COMMIT");
  } catch (cause) {
    await client.query("ROLLBACK").catch(() => {});
    throw new MigrationError({
      code: "MIGRATION_FAILED",
      message: `Migration ${name} failed and was taken back: ${cause instanceof Error ? cause.message : String(cause)}`,
      cause,
    });
  }
}
