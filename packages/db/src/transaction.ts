import { setTimeout as sleep } from "node:timers/promises";
import pg, { type Pool, type PoolClient } from "pg";

const maxTries = 6;

/** Deadlock, serialization failure: the same work succeeds when it is done again. */
const repeatable = new Set(["40P01", "40001"]);

/** Runs one statement or transaction again, a bounded number of times, when PostgreSQL ended it to break a deadlock. */
export async function repeatOnDeadlock<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      const isRepeatable = error instanceof pg.DatabaseError && repeatable.has(error.code ?? "");
      if (!isRepeatable || tries === maxTries) throw error;
      // Spread, so that the same two do not meet again.
      await sleep(Math.random() * 10 * 2 ** tries);
    }
  }
}

/** Commits what `work` did, or none of it. It may run more than once (deadlocks): no side effects but through `client`. */
export function transaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  return repeatOnDeadlock(async () => {
    const client = await pool.connect();
    let broken: Error | undefined;
    try {
      await client.query("BEGIN");
      const result = await work(client);
      await client.query("COMMIT");
      return result;
    } catch (error) {
      await client.query("ROLLBACK").catch((failure: Error) => {
        broken = failure;
      });
      throw error;
    } finally {
      // A connection that could not roll back is not given to anyone else.
      client.release(broken);
    }
  });
}
