import { type PrunerDecision, type PrunerDefinition, pruners, type SeededTrial } from "@retort/core";
import type { PoolClient } from "pg";
import { pauseRuns, resumeRuns } from "./run-pause.ts";
import { stopRuns } from "./run-stop.ts";
import type { SweepRow } from "./sweep-rows.ts";
import { readSamples } from "./sweep-samples.ts";
import { historyOf, type TrialRow } from "./sweep-trials.ts";

interface Verdict extends PrunerDecision {
  trial: TrialRow;
}

/**
 * Asks the pruner about every trial of which something new is known, and carries its decisions out: stopped trials are pruned,
 * paused ones give their worker back, paused ones that may go on do.
 * @param news numbers of the trials that have new looks
 */
export async function judgeTrials(
  client: PoolClient,
  sweep: SweepRow,
  { trials, news }: { trials: readonly TrialRow[]; news: ReadonlySet<number> },
): Promise<void> {
  const { pruner, mode } = sweep.search;
  if (pruner.kind === "none") return;
  const definition: PrunerDefinition = pruners[pruner.kind];
  const bySamples = definition.judgesBy === "samples";
  const samples = bySamples ? await readSamples(client, sweep, trials) : new Map<number, Record<string, number>>();
  const history: SeededTrial[] = historyOf(trials).map((trial) => ({
    ...trial,
    samples: samples.get(trial.trial) ?? {},
  }));
  const decide = (trial: TrialRow): Verdict => ({
    trial,
    ...definition.decide({
      params: pruner.params,
      // Samples have the objective's scores, whatever is watched beside.
      mode: bySamples ? mode : (sweep.watch?.mode ?? mode),
      trial: history[trial.number]!,
      history,
      isOpen: !sweep.isComplete,
    }),
  });
  const isAsked = ({ number, status, stoppedAtStep }: TrialRow) =>
    (status === "running" && (bySamples ? samples.has(number) : news.has(number))) ||
    (status === "paused" && stoppedAtStep !== null);
  const verdicts = trials.filter(isAsked).map(decide);
  const having = (status: TrialRow["status"], action: PrunerDecision["action"]) =>
    verdicts.filter((verdict) => verdict.trial.status === status && verdict.action === action);

  const stopped = verdicts.filter(({ action }) => action === "stop");
  await stopRuns(client, runIdsOf(stopped), "pruned");
  await note(client, sweep, stopped);
  const paused = having("running", "pause");
  await pauseRuns(client, runIdsOf(paused));
  await note(client, sweep, paused);
  const resumed = having("paused", "continue");
  await resumeRuns(client, runIdsOf(resumed));
  await client.query(
    "UPDATE trial SET reason = NULL, stopped_at_step = NULL WHERE sweep_id = $1 AND number = ANY ($2::int[])",
    [sweep.id, resumed.map(({ trial }) => trial.number)],
  );
}

/** Trials that wait for a promotion which nobody can give them any more. @returns how many it pruned */
export async function pruneWaiting(client: PoolClient, sweep: SweepRow, trials: readonly TrialRow[]): Promise<number> {
  const waiting = trials
    .filter(({ status, stoppedAtStep }) => status === "paused" && stoppedAtStep !== null)
    .map(
      (trial): Verdict => ({ trial, action: "stop", reason: `${trial.reason} No other trial is left to wait for.` }),
    );
  await stopRuns(client, runIdsOf(waiting), "pruned");
  await note(client, sweep, waiting);
  return waiting.length;
}

function runIdsOf(verdicts: readonly Verdict[]): string[] {
  return verdicts.flatMap(({ trial }) => trial.runId ?? []);
}

async function note(client: PoolClient, { id }: SweepRow, verdicts: readonly Verdict[]): Promise<void> {
  await client.query(
    `UPDATE trial SET reason = v.reason, stopped_at_step = v.step
     FROM unnest($2::int[], $3::text[], $4::int[]) AS v (number, reason, step)
     WHERE trial.sweep_id = $1 AND trial.number = v.number`,
    [
      id,
      verdicts.map(({ trial }) => trial.number),
      verdicts.map(({ reason }) => reason),
      verdicts.map(({ trial }) => Math.ceil(trial.looks.at(-1)?.step ?? 0)),
    ],
  );
}
