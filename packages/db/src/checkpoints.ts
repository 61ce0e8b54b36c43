import type { Pool } from "pg";
import { isReferencedSql } from "./artifacts.ts";
import { type Fence, holdFence } from "./fence.ts";
import { transaction } from "./transaction.ts";

export interface CheckpointRow {
  stageId: string;
  step: number;
  attempt: number;
  sha256: string;
  sizeBytes: number;
  createdAt: Date;
}

export interface Checkpoints {
  /**
   * Records the newest state and drops rows beyond the `keep` newest, and those of later steps, which another attempt has left.
   * @returns contents that no row names any more, for the store to delete. @throws LostLeaseError
   */
  record(
    fence: Fence,
    checkpoint: { step: number; sha256: string; sizeBytes: number; keep?: number },
  ): Promise<{ unreferenced: string[] }>;
  latest(stageId: string): Promise<CheckpointRow | null>;
  /** Those that are kept, newest first. */
  list(stageId: string): Promise<CheckpointRow[]>;
}

/** How many a stage keeps where nobody says otherwise: to resume from, and a little of its past to fork from. */
export const checkpointsKept = 3;

export function checkpoints(pool: Pool): Checkpoints {
  return {
    record: (fence, { step, sha256, sizeBytes, keep = checkpointsKept }) =>
      transaction(pool, async (client) => {
        await holdFence(client, fence);
        await client.query(
          `INSERT INTO checkpoint (stage_id, step, attempt, sha256, size_bytes) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (stage_id, step) DO UPDATE SET attempt = excluded.attempt, sha256 = excluded.sha256,
             size_bytes = excluded.size_bytes, created_at = now()`,
          [fence.stageId, step, fence.attempt, sha256, sizeBytes],
        );
        const { rows: dropped } = await client.query<{ sha256: string }>(
          `DELETE FROM checkpoint WHERE stage_id = $1 AND (step > $2 OR step NOT IN (
             SELECT step FROM checkpoint WHERE stage_id = $1 AND step <= $2 ORDER BY step DESC LIMIT $3
           )) RETURNING sha256`,
          [fence.stageId, step, keep],
        );
        const { rows } = await client.query<{ sha256: string }>(
          `SELECT sha256 FROM unnest($1::text[]) AS old (sha256) WHERE NOT ${isReferencedSql("old.sha256")}`,
          [dropped.map((row) => row.sha256)],
        );
        return { unreferenced: rows.map((row) => row.sha256) };
      }),
    latest: async (stageId) => (await newest(pool, stageId, 1))[0] ?? null,
    list: (stageId) => newest(pool, stageId, null),
  };
}

async function newest(pool: Pool, stageId: string, limit: number | null): Promise<CheckpointRow[]> {
  const { rows } = await pool.query<CheckpointRow>(
    `SELECT stage_id AS "stageId", step, attempt, sha256, size_bytes AS "sizeBytes", created_at AS "createdAt"
     FROM checkpoint WHERE stage_id = $1 ORDER BY step DESC LIMIT $2`,
    [stageId, limit],
  );
  return rows;
}
