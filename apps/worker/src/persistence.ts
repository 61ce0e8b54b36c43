import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "./log.ts";

const firstDelayMs = 100;
const maxDelayMs = 5_000;

export interface PersistOptions {
  /** What is being written, for the log. */
  what: string;
  log: Log;
  /** Ends the waiting: the error of the last try is thrown. */
  signal?: AbortSignal;
}

/**
 * Repeats a write until it is done: a database or network that is away for a while loses nothing.
 * @throws at once what another try would not change (a lost lease, a row that a rule refuses)
 */
export async function persist<T>(write: () => Promise<T>, { what, log, signal }: PersistOptions): Promise<T> {
  for (let delayMs = firstDelayMs; ; delayMs = Math.min(delayMs * 2, maxDelayMs)) {
    try {
      return await write();
    } catch (error) {
      if (!isTransient(error) || signal?.aborted) throw error;
      log("warn", `${what} failed and is tried again in ${delayMs} ms: ${messageOf(error)}`);
      // An abort ends the pause, not the work: one more try decides.
      await sleep(delayMs, undefined, { signal }).catch(() => {});
    }
  }
}

// Of the system: the server is away or the network is. Of PostgreSQL: classes 08 (connection), 53 (resources), 57P (shutdown, restart),
// 25P03 (idle in a transaction for too long), 40001 and 40P01 (serialisation, deadlock), 55P03 (lock). https://www.postgresql.org/docs/18/errcodes-appendix.html
const systemCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "STORE_AWAY",
]);
const postgresCodes = /^(08...|53...|57P..|25P03|40001|40P01|55P03)$/;
// What pg and Prisma say without a code.
const connectionTexts =
  /Connection terminated|connection timeout|timeout exceeded when trying to connect|Client has encountered a connection error|not queryable|Server has closed the connection|Can't reach database server/i;

/** Whether the same write may go through a moment later. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError && error.errors.some(isTransient)) return true;
  if ("code" in error && typeof error.code === "string") {
    if (
      systemCodes.has(error.code) ||
      postgresCodes.test(error.code) ||
      ["P1001", "P1002", "P1017", "P2024", "P2034"].includes(error.code)
    )
      return true;
  }
  return connectionTexts.test(error.message) || isTransient(error.cause);
}

export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return error.errors.map(messageOf).join("; ");
  return error instanceof Error ? error.message : String(error);
}
