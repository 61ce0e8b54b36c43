import { setTimeout as sleep } from "node:timers/promises";
import { Cluster, type ClusterOptions } from "./cluster.ts";
import { type Fault, faults, type Picker } from "./faults.ts";
import { acknowledged, violations } from "./invariants.ts";
import { Witness } from "./witness.ts";
import { isOver, launchSweep, patiently, results } from "./workload.ts";

export interface RoundOptions extends ClusterOptions {
  numRuns: number;
  /** Trouble is made for at most so long; then the sweep may end in peace. */
  troubleMs: number;
  /** Between two faults, at most. */
  pauseMs: number;
  pick: Picker;
  log: (line: string) => void;
}

export interface RoundReport {
  violations: string[];
  /** Times that each fault was made. */
  strikes: Map<string, number>;
  refusals: Map<string, string>;
  /** From a fault that took a stage's attempt down to the start of its next attempt. */
  recoveryMs: number[];
  /** The longest time for which a stage was seen running beyond its lease. */
  overdueMs: number;
  deviceSeconds: number;
  /** In attempts that left no result; part of it was not in vain, since others resumed from it. */
  wastedDeviceSeconds: number;
  numAttempts: number;
  numAcknowledged: number;
  /** Stages that had used up a budget, or were quarantined, and were given another by hand. */
  numRescued: number;
  seconds: number;
}

/** The sweep with nobody in its way. */
export async function undisturbedResults(
  options: ClusterOptions & Pick<RoundOptions, "numRuns">,
): Promise<Map<string, string>> {
  const cluster = await Cluster.open(options);
  try {
    endWithSignals(cluster);
    const sweepId = await launchSweep(cluster, options.numRuns);
    while (!(await isOver(cluster, sweepId))) await sleep(200);
    return await results(cluster);
  } finally {
    await cluster.close();
  }
}

/** The sweep among faults, from its launch to its last run, and what holds then. */
export async function disturbedRound(
  options: RoundOptions,
  undisturbed: ReadonlyMap<string, string>,
): Promise<RoundReport> {
  const cluster = await Cluster.open(options);
  const startMs = performance.now();
  try {
    endWithSignals(cluster);
    const sweepId = await launchSweep(cluster, options.numRuns);
    const witness = new Witness(cluster, sweepId);
    const trouble = await makeTrouble(cluster, sweepId, options);
    let numRescued = 0;
    do {
      numRescued += await rescue(cluster);
      await sleep(300);
    } while (!(await isOver(cluster, sweepId)) || (await failedRuns(cluster)).length > 0);
    const { deviceSeconds, wastedDeviceSeconds } = await cluster.db.costs.total();
    const { rows } = await cluster.db.pool.query<{ n: number }>("SELECT count(*) AS n FROM attempt");
    const acks = await acknowledged(cluster);
    const seen = await witness.testimony();
    return {
      violations: [...(await violations(cluster, undisturbed)), ...seen.violations],
      ...trouble,
      recoveryMs: await recoveries(cluster, trouble.hit),
      ...{ deviceSeconds, wastedDeviceSeconds, numRescued, overdueMs: seen.overdueMs },
      numAttempts: rows[0]!.n,
      numAcknowledged: acks.reduce((sum, { points }) => sum + points.length, 0),
      seconds: (performance.now() - startMs) / 1_000,
    };
  } finally {
    await cluster.close();
  }
}

/** Whoever stops the suite does not want its servers and mounts to stay. */
function endWithSignals(cluster: Cluster): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.removeAllListeners(signal);
    process.once(signal, () => void cluster.close().finally(() => process.exit(1)));
  }
}

interface Hit {
  stageId: string;
  attempt: number;
  at: Date;
}

interface Trouble {
  strikes: Map<string, number>;
  refusals: Map<string, string>;
  hit: Hit[];
}

/** One fault after another, each kind once before any comes again, until time is up or nothing is left to disturb. */
async function makeTrouble(
  cluster: Cluster,
  sweepId: string,
  { troubleMs, pauseMs, pick, log }: RoundOptions,
): Promise<Trouble> {
  const trouble: Trouble = { strikes: new Map(), refusals: new Map(), hit: [] };
  const untilMs = performance.now() + troubleMs;
  let waiting: Fault[] = [];
  while (performance.now() < untilMs && !(await isOver(cluster, sweepId))) {
    if (waiting.length === 0) waiting = [...faults];
    const fault = pick(waiting)!;
    waiting = waiting.filter((other) => other !== fault);
    const refusal = fault.refusal(cluster);
    if (refusal !== null) {
      trouble.refusals.set(fault.name, refusal);
      continue;
    }
    const running = await runningStages(cluster);
    log(`${fault.name} (${running.length} stages at work)`);
    const { workerName } = await fault.strike(cluster, pick);
    trouble.strikes.set(fault.name, (trouble.strikes.get(fault.name) ?? 0) + 1);
    trouble.hit.push(...running.filter((stage) => stage.workerName === workerName));
    await sleep(pauseMs * (0.25 + 0.75 * (pick(tenths) ?? 1)));
  }
  return trouble;
}

const tenths = Array.from({ length: 10 }, (_, index) => (index + 1) / 10);

async function runningStages(cluster: Cluster): Promise<(Hit & { workerName: string })[]> {
  const text = `SELECT s.id AS "stageId", s.attempt, clock_timestamp() AS at, w.name AS "workerName"
    FROM stage s JOIN worker w ON w.id = s.worker_id WHERE s.status = 'running'`;
  return (await patiently(() => cluster.db.pool.query<Hit & { workerName: string }>(text))).rows;
}

/** How long after the fault the next attempt began, of those that ended by it. */
async function recoveries(cluster: Cluster, hits: readonly Hit[]): Promise<number[]> {
  const times: number[] = [];
  for (const { stageId, attempt, at } of hits) {
    const attempts = await cluster.db.attempts.forStage(stageId);
    const next = attempts.find(({ number }) => number === attempt + 1);
    if (next !== undefined) times.push(Math.max(0, next.startedAt.getTime() - at.getTime()));
  }
  return times;
}

async function failedRuns(cluster: Cluster): Promise<string[]> {
  const text = "SELECT id FROM run WHERE status = 'failed' AND finished_at IS NOT NULL";
  return (await patiently(() => cluster.db.pool.query<{ id: string }>(text))).rows.map(({ id }) => id);
}

/** What a person does who finds a stage that has used up its budget. @returns how many stages or runs it was done for */
async function rescue(cluster: Cluster): Promise<number> {
  let count = 0;
  for (const id of await failedRuns(cluster)) {
    const run = await patiently(() => cluster.db.runs.get(id));
    // Another run's rescue was its own as well: they share the stage.
    if (run!.status !== "failed") continue;
    count++;
    const quarantined = run!.stages.filter(({ quarantinedAt }) => quarantinedAt !== null);
    for (const stage of quarantined) await cluster.db.stages.release(stage.id);
    if (quarantined.length === 0) await cluster.db.runs.retry(id);
  }
  return count;
}
