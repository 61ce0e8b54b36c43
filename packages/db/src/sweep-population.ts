import { layoutOf, type Point, parseRun, pointKey, populationStep, withPoint } from "@retort/core";
import type { PoolClient } from "pg";
import { stopRuns } from "./run-stop.ts";
import { createTrials, type Fingerprint } from "./sweep-ask.ts";
import type { SweepRow } from "./sweep-rows.ts";
import { historyOf, type TrialRow } from "./sweep-trials.ts";

interface Exploit {
  trial: TrialRow;
  source: TrialRow;
  point: Point;
}

/**
 * Lets members that are among the worst at a step go on from the newest checkpoint of one of the best, with a changed point: the
 * old trial is pruned and a new one, forked, takes its place. A member whose model has left no checkpoint is copied by nobody.
 * @param news numbers of the trials that have new looks
 */
export async function exploitTrials(
  client: PoolClient,
  sweep: SweepRow,
  { trials, news, fingerprint }: { trials: readonly TrialRow[]; news: ReadonlySet<number>; fingerprint: Fingerprint },
): Promise<void> {
  const params = sweep.search.population;
  if (params === null) return;
  const layout = layoutOf(sweep.search.space);
  const history = historyOf(trials);
  const memberOf = ({ member, number }: TrialRow) => member ?? number;
  const exploits: Exploit[] = [];
  for (const trial of trials) {
    const step = trial.looks.at(-1)?.step;
    if (trial.status !== "running" || !news.has(trial.number) || step === undefined) continue;
    // Of a member that has been replaced only the trial that goes on is compared.
    const newest = new Map(trials.map((other) => [memberOf(other), history[other.number]!]));
    const decision = populationStep({
      ...{ layout, params, step, trial: trial.number },
      ...{ mode: sweep.watch?.mode ?? sweep.search.mode, seed: sweep.search.seed, population: [...newest.values()] },
    });
    if (decision.action === "exploit") {
      exploits.push({ trial, source: trials[decision.source]!, point: decision.point });
    }
  }
  // Numbers stand for places in the sweep's rows: a copy that could not be made takes none.
  let number = trials.length;
  for (const { trial, source, point } of exploits) {
    const place = `Among the worst at step ${trial.looks.at(-1)!.step}`;
    const checkpoint = await newestCheckpoint(client, source, sweep);
    if (checkpoint === null) {
      const reason = `${place}, and goes on as it is: trial ${source.number} has no checkpoint yet that could be copied.`;
      await setReason(client, sweep, { trial, reason, stoppedAtStep: null });
      continue;
    }
    const { stageName, sha256, step, sizeBytes } = checkpoint;
    await createTrials(client, sweep, {
      wanted: [
        {
          ...{ point, seed: trial.seed, member: memberOf(trial), origin: { trial: source.number, step } },
          key: `${pointKey(point)}/${source.number}@${step}/${memberOf(trial)}`,
          variants: { [stageName]: { fork: { sha256, step, sizeBytes } } },
        },
      ],
      firstNumber: number,
      fingerprint,
    });
    await stopRuns(client, [trial.runId!], "pruned");
    const reason = `${place}: goes on as trial ${number} from trial ${source.number} at step ${step}.`;
    await setReason(client, sweep, { trial, reason, stoppedAtStep: Math.ceil(trial.looks.at(-1)!.step) });
    number += 1;
  }
}

async function setReason(
  client: PoolClient,
  { id }: SweepRow,
  { trial, reason, stoppedAtStep }: { trial: TrialRow; reason: string; stoppedAtStep: number | null },
): Promise<void> {
  await client.query("UPDATE trial SET reason = $3, stopped_at_step = $4 WHERE sweep_id = $1 AND number = $2", [
    ...[id, trial.number, reason, stoppedAtStep],
  ]);
}

interface SourceCheckpoint {
  stageName: string;
  sha256: string;
  step: number;
  sizeBytes: number;
}

/** Held until the transaction ends: the worker that writes a newer one waits, and then finds this content named by the fork. */
async function newestCheckpoint(
  client: PoolClient,
  { runId, point, seed }: TrialRow,
  { recipe, params, watch }: SweepRow,
): Promise<SourceCheckpoint | null> {
  // Stages that it took from earlier runs are no part of its own training.
  const { specs } = parseRun({ recipe, params: withPoint(params, point), seed });
  const { rows } = await client.query<SourceCheckpoint>(
    `SELECT rs.name AS "stageName", k.sha256, k.step, k.size_bytes AS "sizeBytes"
     FROM run_stage rs JOIN checkpoint k ON k.stage_id = rs.stage_id
     WHERE rs.run_id = $1 AND ($2::text IS NULL OR rs.name = $2) AND rs.name = ANY ($3::text[]) ORDER BY rs.position, k.step DESC LIMIT 1 FOR SHARE OF k`,
    [runId, watch?.stage ?? null, specs.map(({ name }) => name)],
  );
  return rows[0] ?? null;
}
