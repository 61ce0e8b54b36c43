import type { Pool, PoolClient } from "pg";

export interface OutboxMessage {
  /** Unique for ever: also after the table was emptied, since it holds the stage's id. */
  jobId: string;
  id: string;
  job: string;
  payload: Record<string, unknown>;
}

export interface Outbox {
  /** Due messages, hidden from other takers for `leaseMs` (default 30 s): what is not marked sent by then comes again. */
  take(limit: number, leaseMs?: number): Promise<OutboxMessage[]>;
  markSent(ids: readonly string[]): Promise<void>;
  /** Milliseconds until the next message is due; null when there is none. */
  nextDueInMs(): Promise<number | null>;
  /** Deletes what was sent longer ago. */
  purge(options: { sentBeforeMs: number }): Promise<number>;
}

/** The job that tells workers to claim a stage; packages/queue knows its payload. */
const wakeJob = "stage.wake";

/** Puts a wake-up for each stage into the outbox, due when the stage is. Belongs into the transaction that readied them. */
export async function wake(client: PoolClient, stageIds: readonly string[]): Promise<void> {
  if (stageIds.length === 0) return;
  await client.query(
    `WITH woken AS (
      UPDATE stage SET woken_at = greatest(ready_at, clock_timestamp())
      WHERE id = ANY ($2::uuid[]) AND status = 'ready' RETURNING id, ready_at
    ) INSERT INTO outbox (job, payload, available_at) SELECT $1::text, jsonb_build_object('stageId', id), ready_at FROM woken`,
    [wakeJob, stageIds],
  );
}

export function outbox(pool: Pool): Outbox {
  return {
    async take(limit, leaseMs = 30_000) {
      const { rows } = await pool.query<Omit<OutboxMessage, "jobId">>(
        `WITH due AS (
          SELECT id FROM outbox WHERE sent_at IS NULL AND available_at <= clock_timestamp()
          ORDER BY available_at, id LIMIT $1 FOR UPDATE SKIP LOCKED
        )
        UPDATE outbox SET available_at = clock_timestamp() + $2 * interval '1 millisecond'
        FROM due WHERE outbox.id = due.id
        RETURNING outbox.id::text, outbox.job, outbox.payload`,
        [limit, leaseMs],
      );
      return rows
        .sort((a, b) => Number(a.id) - Number(b.id))
        .map((row) => ({ ...row, jobId: `${String(row.payload.stageId ?? row.job)}-${row.id}` }));
    },
    async markSent(ids) {
      await pool.query(
        "UPDATE outbox SET sent_at = clock_timestamp() WHERE id = ANY ($1::bigint[]) AND sent_at IS NULL",
        [ids],
      );
    },
    async nextDueInMs() {
      const { rows } = await pool.query<{ ms: number | null }>(
        `SELECT greatest(0, extract(epoch FROM min(available_at) - clock_timestamp()) * 1000)::float8 AS ms
         FROM outbox WHERE sent_at IS NULL`,
      );
      return rows[0]?.ms ?? null;
    },
    async purge({ sentBeforeMs }) {
      const { rowCount } = await pool.query(
        "DELETE FROM outbox WHERE sent_at < clock_timestamp() - $1 * interval '1 millisecond'",
        [sentBeforeMs],
      );
      return rowCount ?? 0;
    },
  };
}
