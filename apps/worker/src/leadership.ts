import type { Pool, PoolClient } from "pg";
import type { Log } from "./log.ts";

/** Of all advisory locks in the database, the orchestrator's. */
const lockKey = 72_707_370;

/** Leadership among workers: an advisory lock on a connection of its own, which PostgreSQL frees when the connection or its process dies. */
export class Leadership {
  readonly #pool: Pool;
  readonly #log: Log;
  #holder: PoolClient | null = null;

  constructor(pool: Pool, log: Log) {
    this.#pool = pool;
    this.#log = log;
  }

  /** Whether this worker leads; takes the lead when it is free. */
  async holds(): Promise<boolean> {
    if (this.#holder !== null) return true;
    const client = await this.#pool.connect();
    const { rows } = await client.query<{ locked: boolean }>("SELECT pg_try_advisory_lock($1) AS locked", [lockKey]);
    if (rows[0]?.locked !== true) {
      client.release();
      return false;
    }
    // A connection that breaks has lost the lock.
    client.once("error", () => this.#lose(client));
    client.once("end", () => this.#lose(client));
    this.#holder = client;
    this.#log("info", "this worker orchestrates");
    return true;
  }

  async release(): Promise<void> {
    const client = this.#holder;
    this.#holder = null;
    // Destroys the connection, and the lock with it.
    client?.release(true);
  }

  #lose(client: PoolClient): void {
    if (this.#holder !== client) return;
    this.#holder = null;
    this.#log("warn", "this worker orchestrates no more: its connection to the database is gone");
    client.release(true);
  }
}
