import type { Resources } from "@retort/core";
import type { Pool } from "pg";
import { notifySql } from "./events.ts";
import { wake } from "./outbox.ts";
import { transaction } from "./transaction.ts";
import type { WorkerStatus } from "./workers.ts";

interface WorkerOffer {
  name: string;
  status: WorkerStatus;
  devices: string[];
  threads: number;
  memoryBytes: number;
}

/** Why none of these workers takes a stage with such needs; null when one can, be it after its present work. */
export function waitingReason(needs: Resources, known: readonly WorkerOffer[]): string | null {
  const workers = known.filter(({ status }) => status === "online");
  if (workers.length === 0) {
    const draining = known.filter(({ status }) => status === "draining").map(({ name }) => name);
    return draining.length === 0
      ? "no worker is online"
      : `every worker drains and takes nothing new (${draining.join(", ")})`;
  }
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
      `SELECT name, status, devices, threads, memory_bytes AS "memoryBytes" FROM worker WHERE status <> 'gone' ORDER BY name`,
    ),
    // Thousands of stages share a handful of needs.
    pool.query<{ resources: Resources }>(
      "SELECT DISTINCT resources FROM stage WHERE status = 'ready' AND NOT is_paused AND ready_at <= clock_timestamp()",
    ),
  ]);
  const reasons = needs.rows.map(({ resources }) => waitingReason(resources, workers.rows));
  const { rowCount } = await pool.query(
    `WITH full_project AS (
      SELECT p.id, 'the project "' || p.slug || '" has as many stages running as it may (' || p.max_running || ')' AS reason
      FROM project p WHERE p.max_running <= (
        SELECT count(*) FROM stage WHERE stage.status = 'running' AND stage.project_id = p.id
      )
    ), why AS (
      SELECT s.id, coalesce(r.reason, f.reason) AS reason
      FROM stage s JOIN unnest($1::jsonb[], $2::text[]) AS r (resources, reason) ON s.resources = r.resources
      LEFT JOIN full_project f ON f.id = s.project_id
      WHERE s.status = 'ready' AND NOT s.is_paused AND s.ready_at <= clock_timestamp()
    ), told AS (
      UPDATE stage SET waiting_reason = why.reason FROM why
      WHERE stage.id = why.id AND stage.status = 'ready' AND stage.waiting_reason IS DISTINCT FROM why.reason
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
      `SELECT id FROM stage WHERE status = 'ready' AND NOT is_paused AND ready_at <= clock_timestamp()
         AND (woken_at IS NULL OR woken_at < clock_timestamp() - $1 * interval '1 millisecond')
       ORDER BY id FOR UPDATE SKIP LOCKED`,
      [olderThanMs],
    );
    const ids = rows.map(({ id }) => id);
    await wake(client, ids);
    return ids;
  });
}
