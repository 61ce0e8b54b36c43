import type { Pool } from "pg";
import { ConflictError, NotFoundError } from "./errors.ts";
import { transaction } from "./transaction.ts";
import { readyStages, resetStages, settleRunsOf } from "./transitions.ts";

/** See Stages.release. */
export function releaseStage(pool: Pool, id: string): Promise<void> {
  return transaction(pool, async (client) => {
    // Downstream: what was cancelled since this one failed, as far as somebody still wants it.
    const { rows } = await client.query<{ id: string; isQuarantined: boolean }>(
      `WITH RECURSIVE downstream AS (
        SELECT $1::uuid AS id UNION SELECT i.stage_id FROM stage_input i JOIN downstream d ON i.source_stage_id = d.id
      ) SELECT s.id, s.quarantined_at IS NOT NULL AS "isQuarantined" FROM stage s
      WHERE s.id IN (SELECT id FROM downstream) AND (s.id = $1 OR (s.status = 'cancelled' AND EXISTS (
        SELECT FROM run_stage rs JOIN run ON run.id = rs.run_id WHERE rs.stage_id = s.id AND run.status <> 'cancelled'
      ))) ORDER BY s.id FOR UPDATE OF s`,
      [id],
    );
    const stage = rows.find((row) => row.id === id);
    if (stage === undefined) throw new NotFoundError("stage", id);
    if (!stage.isQuarantined) {
      throw new ConflictError({
        message: "The stage is not quarantined",
        expected: "a quarantined stage",
        got: "one that is not",
        where: `stage ${id}`,
        fix: "`retort retry <run>` gives failed stages another try",
      });
    }
    await client.query("UPDATE stage SET quarantined_at = NULL WHERE id = $1", [id]);
    const ids = await resetStages(
      client,
      rows.map((row) => row.id),
    );
    await readyStages(client, ids);
    await settleRunsOf(client, ids);
  });
}
