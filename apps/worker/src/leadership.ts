import type { Pool, PoolClient } from "pg";
import type { Log } from "./log.ts";

/** Of all advisory locks in the database, the orchestrator's. */
const lockKey = 72_707_370;

/**
 * Leadership among workers: an advisory lock on a connection of its own. PostgreSQL frees it when the leader's process dies; a leader that is
 * frozen, or cut off without a word, keeps its connection and would lead for ever, so whoever wants the lock ends the connection of one that
 * has been silent for too long.
 */
export class Leadership {
  readonly #pool: Pool;
  readonly #silentMs: number;
  readonly #log: Log;
  #holder: PoolClient | null = null;

  constructor({ pool, silentMs, log }: { pool: Pool; silentMs: number; log: Log }) {
    this.#pool = pool;
    this.#silentMs = silentMs;
    this.#log = log;
  }

  /** Whether this worker leads, which it shows to the others by asking; takes the lead when it is free. */
  async holds(): Promise<boolean> {
    if (this.#holder !== null) {
      // Throws when the connection was ended, and with it the lead.
      await this.#holder.query("SELECT");
      return true;
    }
    const client = await this.#pool.connect();
    try {
      await client.query(endSilentHolder, [lockKey, this.#silentMs]);
      const { rows } = await client.query<{ locked: boolean }>("SELECT pg_try_advisory_lock($1) AS locked", [lockKey]);
      if (rows[0]?.locked === true) this.#take(client);
    } finally {
      if (this.#holder !== client) client.release();
    }
    return this.#holder !== null;
  }

  release(): void {
    const client = this.#holder;
    this.#holder = null;
    // Destroys the connection, and the lock with it.
    client?.release(true);
  }

  #take(client: PoolClient): void {
    this.#holder = client;
    const lose = () => {
      if (this.#holder !== client) return;
      this.#log("warn", "this worker orchestrates no more: its connection to the database is gone");
      this.release();
    };
    client.once("error", lose);
    client.once("end", lose);
    this.#log("info", "this worker orchestrates");
  }
}

// A lock on a bigint key stands as two halves: classid the high one, objid the low one.
const endSilentHolder = `SELECT pg_terminate_backend(a.pid) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
  WHERE l.locktype = 'advisory' AND l.classid = 0 AND l.objid = $1 AND l.objsubid = 1 AND l.granted
    AND a.datname = current_database() AND l.database = a.datid
    AND a.state_change < clock_timestamp() - $2 * interval '1 millisecond'`;
