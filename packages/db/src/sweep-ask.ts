import {
  classify,
  type DataReference,
  type Failure,
  layoutOf,
  learnFacts,
  nextTrials,
  type PlanFacts,
  parseRun,
  planRun,
  SpecError,
  type StageVariants,
  type WantedTrial,
  withPoint,
} from "@retort/core";
import type { Pool, PoolClient } from "pg";
import { findEarlierStage } from "./earlier-stage.ts";
import { notifySql } from "./events.ts";
import { jsonb } from "./jsonb.ts";
import { createRuns } from "./run-create.ts";
import type { RunInput } from "./runs.ts";
import { lockSweep, type SweepRow } from "./sweep-rows.ts";
import { countLive, historyOf, readTrials } from "./sweep-trials.ts";
import { transaction } from "./transaction.ts";

/** Fingerprints of data sets are made by whoever can read them. */
export type Fingerprint = (reference: DataReference) => Promise<string>;

/** Trials a transaction: a sweep of thousands does not hold its locks for seconds. */
const batchSize = 200;
/** Planning reads data sets, and a starved machine plans slowly: the database ends a transaction that says nothing for 10 s. */
const maxSilentMs = 2_000;

/**
 * Creates trials while the sweep has room for them. Points, runs, stages and the sampler's state are written together under the
 * sweep's lock, so that two callers never create one twice and a crash loses none.
 * @returns how many trials it made
 */
export async function askForTrials(pool: Pool, sweepId: string, fingerprint: Fingerprint): Promise<number> {
  let made = 0;
  for (;;) {
    const batch = await transaction(pool, (client) => askForBatch(client, sweepId, fingerprint));
    made += batch.numMade;
    if (!batch.isMore) return made;
  }
}

async function askForBatch(client: PoolClient, sweepId: string, fingerprint: Fingerprint) {
  const sweep = await lockSweep(client, sweepId);
  if (sweep.status !== "running" || sweep.isComplete) return { numMade: 0, isMore: false };
  const limit = (sweep.maxConcurrentRuns ?? Number.POSITIVE_INFINITY) - (await countLive(client, sweepId));
  const room = Math.min(Math.max(0, limit), batchSize);
  if (room === 0) return { numMade: 0, isMore: false };
  const trials = await readTrials(client, sweep);
  // Members that go on from another's checkpoint are no points of the sampler.
  const history = historyOf(trials.filter(({ originTrial }) => originTrial === null));
  const { search, samplerState: state } = sweep;
  const next = nextTrials({ search, layout: layoutOf(search.space), state, history, room });
  await createTrials(client, sweep, { wanted: next.trials, firstNumber: trials.length, fingerprint });
  await client.query(
    `UPDATE sweep SET sampler_state = $2::jsonb, is_complete = $3 WHERE id = $1 RETURNING ${notifySql("sweep", "id")}`,
    [sweepId, JSON.stringify(next.state ?? null), next.done],
  );
  return { numMade: next.trials.length, isMore: !next.done && next.trials.length === batchSize };
}

/** A trial to write: a point with its seed, and in a population what it continues. */
export interface TrialInput extends WantedTrial {
  member?: number;
  origin?: { trial: number; step: number };
  variants?: StageVariants;
}

export interface CreateTrials {
  wanted: readonly TrialInput[];
  firstNumber: number;
  fingerprint: Fingerprint;
}

/** Writes trials and their runs; one that the recipe refuses is a failed trial, and the others go on. */
export async function createTrials(
  client: PoolClient,
  sweep: SweepRow,
  { wanted, firstNumber, fingerprint }: CreateTrials,
): Promise<void> {
  const planned: { number: number; trial: TrialInput; run: RunInput | null; failure: Failure | null }[] = [];
  const facts: PlanFacts = { fingerprints: new Map(Object.entries(sweep.fingerprints)), earlier: new Map() };
  const keepAlive = setInterval(() => void client.query("SELECT").catch(() => {}), maxSilentMs);
  let spokenAtMs = performance.now();
  try {
    for (const [index, trial] of wanted.entries()) {
      const number = firstNumber + index;
      try {
        const run = await planTrial(client, sweep, trial, { number, fingerprint, facts });
        planned.push({ number, trial, run, failure: null });
      } catch (error) {
        if (!(error instanceof SpecError)) throw error;
        planned.push({ number, trial, run: null, failure: classify(error) });
      }
      // Plans without a data set to read give no timer a turn.
      if (performance.now() - spokenAtMs > maxSilentMs) {
        await client.query("SELECT");
        spokenAtMs = performance.now();
      }
    }
  } finally {
    clearInterval(keepAlive);
  }
  if (facts.fingerprints.size > Object.keys(sweep.fingerprints).length) {
    sweep.fingerprints = Object.fromEntries(facts.fingerprints);
    await client.query("UPDATE sweep SET fingerprints = $2::jsonb WHERE id = $1", [
      sweep.id,
      jsonb(sweep.fingerprints),
    ]);
  }
  const created = await createRuns(
    client,
    planned.flatMap(({ run }) => run ?? []),
  );
  const rows = planned.map(({ number, trial, run, failure }) => ({
    number,
    point_key: trial.key,
    point: trial.point,
    seed: trial.seed,
    run_id: run === null ? null : created.shift()!.id,
    failure,
    member: trial.member ?? null,
    origin_trial: trial.origin?.trial ?? null,
    origin_step: trial.origin?.step ?? null,
  }));
  // The transaction may have begun before the trials had ended whose room these take.
  await client.query(
    `INSERT INTO trial (sweep_id, number, point_key, point, seed, run_id, failure, member, origin_trial, origin_step, created_at)
     SELECT $1, number, point_key, point, seed, run_id, failure, member, origin_trial, origin_step, clock_timestamp()
     FROM json_to_recordset($2::json) AS t (number int, point_key text, point json, seed int, run_id uuid, failure jsonb,
       member int, origin_trial int, origin_step int)`,
    [sweep.id, jsonb(rows)],
  );
}

async function planTrial(
  client: PoolClient,
  sweep: SweepRow,
  { point, seed, variants }: TrialInput,
  { number, fingerprint, facts }: { number: number; fingerprint: Fingerprint; facts: PlanFacts },
): Promise<RunInput> {
  const request = { recipe: sweep.recipe, params: withPoint(sweep.params, point), seed };
  const project = { id: sweep.projectId, isIsolated: sweep.isIsolated };
  await learnFacts(request, facts, {
    fingerprint,
    earlierStage: (stage) => findEarlierStage(client, stage, project),
  });
  const { params, configKey } = parseRun(request);
  const scope = sweep.isIsolated ? sweep.projectId : undefined;
  return {
    projectId: sweep.projectId,
    recipe: sweep.recipe,
    params,
    configKey,
    seed,
    name: `${sweep.name} #${number}`,
    priority: sweep.priority,
    stages: planRun({ ...request, ...facts, variants, scope }),
  };
}
