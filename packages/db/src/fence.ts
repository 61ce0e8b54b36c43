import type { PoolClient } from "pg";
import { LostLeaseError } from "./errors.ts";

/** Names one attempt: every write of a worker carries it, and is refused with LostLeaseError once the attempt is over. */
export interface Fence {
  stageId: string;
  attempt: number;
  workerId: string;
}

/**
 * Common table expression `fence`: the stage's row while $1, $2, $3 is its running attempt, else nothing. It locks the
 * row against being taken over until the write is committed, so no write of a dead attempt can slip in behind a reclaim.
 */
export const fenceSql = `fence AS MATERIALIZED (
  SELECT id, attempt FROM stage
  WHERE id = $1::uuid AND attempt = $2::int AND worker_id = $3::uuid AND status = 'running'
  FOR SHARE
)`;

export function fenceValues({ stageId, attempt, workerId }: Fence): [string, number, string] {
  return [stageId, attempt, workerId];
}

/** Opens a transaction of fenced writes. @throws LostLeaseError */
export async function holdFence(client: PoolClient, fence: Fence): Promise<void> {
  const { rowCount } = await client.query(`WITH ${fenceSql} SELECT FROM fence`, fenceValues(fence));
  if (rowCount === 0) throw new LostLeaseError(fence);
}
