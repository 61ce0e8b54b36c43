import type { Resources } from "@retort/core";
import type { Pool } from "pg";
import { notifySql } from "./events.ts";
import { wake } from "./outbox.ts";
import { transaction } from "./transaction.ts";

interface WorkerOffer {
  name: string;
  devices: string[];
  threads: number;
  memoryBytes: number;
}

/** Why none of these workers can ever take a stage with such needs; null when one can, be it after its present work. */
export function waitingReason(needs: Resources, workers: readonly WorkerOffer[]): string | null {
  if (workers.length === 0) return "no worker is online";
  const withDevice = workers.filter(({ devices }) => devices.includes(needs.device));
  if (withDevice.length === 0) {
    const offered = [...new Set(workers.flatMap(({ devices }) => devices))].sort();
    return `no worker has the device "${needs.device}" (online: ${offered.join(", ") || "none"})`;
  }
  const withThreads = withDevice.filter(({ threads }) => threads >= needs.threads);
  if (withThreads.length === 0) {
    const most = Math.max(...withDevice.map(({ threads }) => threads));
    return `needs ${needs.threads} threads, the largest worker with "${needs.device}" has ${most}`;
  }
  if (withThreads.some(({ memoryBytes }) => memoryBytes >= needs.memoryBytes)) return null;
  const most = Math.max(...withThreads.map(({ memoryBytes }) => memoryBytes));
  return `needs ${gibibytes(needs.memoryBytes)} of memory, the largest worker with "${needs.device}" has ${gibibytes(most)}`;
}

const gibibytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

/** See Stages.explainWaiting. */
export async function explainWaiting(pool: Pool): Promise<number> {
  const [workers, needs] = await Promise.all([
    pool.query<WorkerOffer>(
      `SELECT name, devices, threads, memory_bytes AS "memoryBytes" FROM worker WHERE status = 'online'`,
    ),
    // Thousands of stages share a handful of needs.
    pool.query<{ resources: Resources }>(
      "SELECT DISTINCT resources FROM stage WHERE status = 'ready' AND ready_at <= clock_timestamp()",
    ),
  ]);
  const reasons = needs.rows.map(({ resources }) => waitingReason(resources, workers.rows));
  const { rowCount } = await pool.query(
    `WITH told AS (
      UPDATE stage SET waiting_reason = r.reason
      FROM unnest($1::jsonb[], $2::text[]) AS r (resources, reason)
      WHERE stage.status = 'ready' AND stage.ready_at <= clock_timestamp() AND stage.resources = r.resources
        AND stage.waiting_reason IS DISTINCT FROM r.reason
      RETURNING stage.id
    ) SELECT ${notifySql("stage", "id")} FROM told`,
    [needs.rows.map(({ resources }) => JSON.stringify(resources)), reasons],
  );
  return rowCount ?? 0;
}

/** See Stages.rewake. */
export function rewake(pool: Pool, { olderThanMs }: { olderThanMs: number }): Promise<string[]> {
  return transaction(pool, async (client) => {
    const { rows } = await client.query<{ id: string }>(
      `SELECT id FROM stage WHERE status = 'ready' AND ready_at <= clock_timestamp()
         AND (woken_at IS NULL OR woken_at < clock_timestamp() - $1 * interval '1 millisecond')
       ORDER BY id FOR UPDATE SKIP LOCKED`,
      [olderThanMs],
    );
    const ids = rows.map(({ id }) => id);
    await wake(client, ids);
    return ids;
  });
}
