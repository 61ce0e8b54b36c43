import { type Intermediate, rungResources, type Search, type Watch } from "@retort/core";
import type { PoolClient } from "pg";
import type { TrialRow } from "./sweep-trials.ts";

/** The looks at trials that are due and were not taken: taken, stored, and added to the rows. @returns numbers of the trials that have new ones */
export async function takeLooks(
  client: PoolClient,
  sweep: { id: string; watch: Watch | null; search: Search },
  trials: readonly TrialRow[],
): Promise<Set<number>> {
  const { watch } = sweep;
  const started = trials.filter(({ runId, startedAt }) => runId !== null && startedAt !== null);
  if (watch === null || started.length === 0) return new Set();
  const { rows: reached } = await client.query<{ runId: string; stageId: string; step: number }>(
    `SELECT r.id AS "runId", l.stage_id AS "stageId", l.step FROM unnest($1::uuid[]) AS r (id) CROSS JOIN LATERAL (
       SELECT l.stage_id, l.step FROM run_stage rs JOIN metric_latest l ON l.stage_id = rs.stage_id AND l.key = $2
       WHERE rs.run_id = r.id AND ($3::text IS NULL OR rs.name = $3) ORDER BY rs.position LIMIT 1
     ) l`,
    [started.map(({ runId }) => runId), watch.metric, watch.stage],
  );
  const reachedBy = new Map(reached.map((row) => [row.runId, row]));
  const due = started.flatMap(({ number, runId, looks }) => {
    const { stageId, step: until } = reachedBy.get(runId!) ?? { stageId: "", step: 0 };
    return lookSteps(sweep.search, watch, { after: looks.at(-1)?.step ?? 0, until }).map((step) => ({
      number,
      stageId,
      step,
    }));
  });
  if (due.length === 0) return new Set();
  // Whoever reports every tenth step is looked at by what was true at the step in question.
  const { rows: values } = await client.query<{ number: number; step: number; value: number | null }>(
    `SELECT d.number, d.step, m.value FROM unnest($1::int[], $2::uuid[], $3::float8[]) AS d (number, stage_id, step)
     CROSS JOIN LATERAL (
       SELECT value FROM metric WHERE stage_id = d.stage_id AND key = $4 AND step <= d.step ORDER BY step DESC LIMIT 1
     ) m ORDER BY d.number, d.step`,
    [due.map(({ number }) => number), due.map(({ stageId }) => stageId), due.map(({ step }) => step), watch.metric],
  );
  const fresh = new Map<number, Intermediate[]>();
  for (const { number, step, value } of values) {
    const look = { step, value: value !== null && Number.isFinite(value) ? value : null };
    fresh.set(number, [...(fresh.get(number) ?? []), look]);
  }
  for (const trial of trials) trial.looks = [...trial.looks, ...(fresh.get(trial.number) ?? [])];
  await client.query(
    `UPDATE trial SET looks = trial.looks || f.looks FROM unnest($2::int[], $3::jsonb[]) AS f (number, looks)
     WHERE trial.sweep_id = $1 AND trial.number = f.number`,
    [
      sweep.id,
      [...fresh.keys()],
      [...fresh.values()].map((looks) => JSON.stringify(looks.map(({ step, value }) => [step, value]))),
    ],
  );
  return new Set(fresh.keys());
}

/** Steps after one and up to another at which a sweep looks at its trials. */
function lookSteps(
  { pruner, population }: Search,
  watch: Watch,
  { after, until }: { after: number; until: number },
): number[] {
  if (pruner.kind === "asha" || pruner.kind === "hyperband") {
    const { eta, minResource, maxResource } = pruner.params as Record<string, number>;
    const rungs = rungResources({ eta: eta!, minResource: minResource!, maxResource: maxResource! });
    return rungs.filter((step) => step > after && step <= until);
  }
  const every = population?.everySteps ?? watch.everySteps;
  const steps: number[] = [];
  for (let step = (Math.floor(after / every) + 1) * every; step <= until; step += every) steps.push(step);
  return steps;
}
