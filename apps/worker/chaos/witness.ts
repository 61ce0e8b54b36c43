import { setTimeout as sleep } from "node:timers/promises";
import type { Cluster } from "./cluster.ts";

/** A stage may be seen running for so long beyond its lease: until somebody leads again and looks, on a machine that is busy. */
const graceMs = 15_000;
const lookEveryMs = 500;
const tellWithinMs = 30_000;

export interface Testimony {
  violations: string[];
  overdueMs: number;
}

/** Watches a round from outside: leases in the database, and the sweep through the server as a person's browser does. */
export class Witness {
  readonly #cluster: Cluster;
  readonly #closing = new AbortController();
  readonly #looking: Promise<void>;
  readonly #told: Promise<string>;
  #overdueMs = 0;

  constructor(cluster: Cluster, sweepId: string) {
    this.#cluster = cluster;
    this.#looking = this.#look();
    this.#told = this.#watch(sweepId);
  }

  /** When the sweep is over. */
  async testimony(): Promise<Testimony> {
    this.#closing.abort();
    await this.#looking;
    const told = await Promise.race([this.#told, sleep(tellWithinMs, "nothing", { ref: false })]);
    const violations: string[] = [];
    if (told !== "finished") violations.push(`who watched the sweep through the server was told: ${told}`);
    if (this.#overdueMs > graceMs)
      violations.push(`a stage was running for ${this.#overdueMs} ms beyond its lease; at most ${graceMs} are allowed`);
    return { violations, overdueMs: this.#overdueMs };
  }

  async #look(): Promise<void> {
    // While the database is away nobody can end an attempt: time counts from where it came back.
    const text = `SELECT coalesce(max(extract(epoch FROM
        clock_timestamp() - greatest(lease_expires_at, pg_postmaster_start_time()))), 0)::float8 * 1000 AS "overdueMs"
      FROM stage WHERE status = 'running' AND lease_expires_at < clock_timestamp()`;
    while (!this.#closing.signal.aborted) {
      const rows = await this.#cluster.db.pool.query<{ overdueMs: number }>(text).then(
        (found) => found.rows,
        () => [],
      );
      for (const { overdueMs } of rows) this.#overdueMs = Math.max(this.#overdueMs, Math.round(overdueMs));
      await sleep(lookEveryMs, undefined, { signal: this.#closing.signal }).catch(() => {});
    }
  }

  /** One subscription for the whole round: what it was told at last. */
  #watch(sweepId: string): Promise<string> {
    return new Promise((resolve) => {
      let newest = "nothing";
      this.#cluster.retort.sweeps.live.subscribe(
        { sweepId },
        {
          onData: ({ data }) => {
            newest = data.status;
          },
          onError: ({ message }) => resolve(`an error: ${message}`),
          onComplete: () => resolve(newest),
        },
      );
    });
  }
}
