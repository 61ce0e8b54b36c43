import { createRequire } from "node:module";
import { join } from "node:path";
import { root } from "./install.mjs";

/** @throws Error saying what to do when the PostgreSQL server of DATABASE_URL does not answer */
export async function checkPostgres(url) {
  const { default: pg } = await importFrom("packages/db", "pg");
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  try {
    await client.connect();
    const { rows } = await client.query("SHOW server_version_num");
    const version = Number(rows[0].server_version_num);
    if (version < 140_000) throw new Error(`it is version ${Math.floor(version / 10_000)}, and 14 or newer is needed`);
  } catch (cause) {
    throw new Error(
      `DATABASE_URL: the PostgreSQL server at ${withoutSecret(url)} cannot be used: ${cause.message || cause.code}. ` +
        "Start it or correct DATABASE_URL (postgresql://user:password@host:5432/database), or unset it to use the built-in server.",
      { cause },
    );
  } finally {
    await client.end().catch(() => {});
  }
}

/** @throws Error saying what to do when the Redis server of REDIS_URL does not answer or may drop jobs */
export async function checkRedis(url) {
  const { Redis } = await importFrom("packages/queue", "ioredis");
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 5000,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  // ioredis reports the failure twice; the promise below is the one we read.
  redis.on("error", () => {});
  try {
    await redis.connect();
    await redis.ping();
    const info = await redis.info("memory");
    const policy = /maxmemory_policy:(\S+)/.exec(info)?.[1];
    if (policy !== undefined && policy !== "noeviction") {
      throw new Error(
        `its maxmemory-policy is ${policy}, which may drop jobs; run CONFIG SET maxmemory-policy noeviction`,
      );
    }
  } catch (cause) {
    throw new Error(
      `REDIS_URL: the Redis server at ${withoutSecret(url)} cannot be used: ${cause.message}. ` +
        "Start it or correct REDIS_URL (redis://host:6379), or unset it to queue in PostgreSQL.",
      { cause },
    );
  } finally {
    redis.disconnect();
  }
}

function withoutSecret(url) {
  try {
    const parsed = new URL(url);
    if (parsed.password !== "") parsed.password = "***";
    return parsed.href;
  } catch {
    return "(not a URL)";
  }
}

async function importFrom(folder, name) {
  return import(createRequire(join(root, folder, "package.json")).resolve(name));
}
