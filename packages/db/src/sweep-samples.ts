import type { PoolClient } from "pg";
import type { SweepRow } from "./sweep-rows.ts";
import type { TrialRow } from "./sweep-trials.ts";

/** Per-sample scores of the trials that a paired test compares: those under way, and the finished one with the best mean. */
export async function readSamples(
  client: PoolClient,
  { objective: { dataset, condition, stage }, search: { mode } }: SweepRow,
  trials: readonly TrialRow[],
): Promise<Map<number, Record<string, number>>> {
  const numberOf = new Map(trials.flatMap(({ runId, number }) => (runId === null ? [] : [[runId, number]])));
  const having = (status: string) =>
    trials.flatMap((trial) => (trial.status === status && trial.runId !== null ? [trial.runId] : []));
  const from = `FROM run_stage rs JOIN evaluation e ON e.stage_id = rs.stage_id JOIN evaluation_sample x ON x.evaluation_id = e.id
    WHERE rs.run_id = ANY ($1::uuid[]) AND ($2::text IS NULL OR e.dataset = $2) AND e.condition = $3
      AND ($4::text IS NULL OR rs.name = $4)`;
  const values = (runIds: string[]) => [runIds, dataset, condition, stage];
  const { rows: best } = await client.query<{ id: string }>(
    `SELECT rs.run_id AS id ${from} GROUP BY rs.run_id ORDER BY avg(x.score) ${mode === "max" ? "DESC" : "ASC"}, rs.run_id LIMIT 1`,
    values(having("succeeded")),
  );
  if (best[0] === undefined) return new Map();
  const { rows } = await client.query<{ id: string; samples: Record<string, number> }>(
    `SELECT rs.run_id AS id, json_object_agg(e.dataset || '/' || e.split || '/' || x.sample_id, x.score) AS samples
     ${from} GROUP BY rs.run_id`,
    values([...having("running"), best[0].id]),
  );
  return new Map(rows.map(({ id, samples }) => [numberOf.get(id) as number, samples]));
}
