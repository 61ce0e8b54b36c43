import { setTimeout as sleep } from "node:timers/promises";
import { Cluster, type ClusterOptions } from "./cluster.ts";
import { type Fault, faults, type Pick } from "./faults.ts";
import { acknowledged, violations } from "./invariants.ts";
import { launchSweep, results, type WorkloadOptions } from "./workload.ts";

export interface RoundOptions extends ClusterOptions {
  workload: WorkloadOptions;
  /** Trouble is made for at most so long; then the sweep may end in peace. */
  troubleMs: number;
  /** Between two faults, at most. */
  pauseMs: number;
  pick: Pick;
  log: (line: string) => void;
}

export interface RoundReport {
  violations: string[];
  /** Times that each fault was made. */
  strikes: Map<string, number>;
  refusals: Map<string, string>;
  /** From a fault that took a stage's attempt down to the start of its next attempt. */
  recoveryMs: number[];
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
export async function undisturbedResults(options: Omit<RoundOptions, "pick">): Promise<Map<string, string>> {
  const cluster = await Cluster.open(options);
  try {
    endWithSignals(cluster);
    await launchSweep(cluster, options.workload);
    while ((await openRuns(cluster)) > 0) await sleep(200);
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
    const runIds = await launchSweep(cluster, options.workload);
    const trouble = await makeTrouble(cluster, options);
    let numRescued = 0;
    while ((await openRuns(cluster)) > 0) {
      numRescued += await rescue(cluster, runIds);
      await sleep(300);
    }
    numRescued += await rescue(cluster, runIds);
    while ((await openRuns(cluster)) > 0) await sleep(300);
    const { deviceSeconds, wastedDeviceSeconds } = await cluster.db.costs.total();
    const { rows } = await cluster.db.pool.query<{ n: number }>("SELECT count(*) AS n FROM attempt");
    const acks = await acknowledged(cluster);
    return {
      violations: await violations(cluster, undisturbed),
      ...trouble,
      recoveryMs: await recoveries(cluster, trouble.hit),
      ...{ deviceSeconds, wastedDeviceSeconds, numRescued },
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
async function makeTrouble(cluster: Cluster, { troubleMs, pauseMs, pick, log }: RoundOptions): Promise<Trouble> {
  const trouble: Trouble = { strikes: new Map(), refusals: new Map(), hit: [] };
  const untilMs = performance.now() + troubleMs;
  let waiting: Fault[] = [];
  while (performance.now() < untilMs && (await openRuns(cluster)) > 0) {
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

async function openRuns(cluster: Cluster): Promise<number> {
  const text = "SELECT count(*) AS n FROM run WHERE finished_at IS NULL";
  return (await patiently(() => cluster.db.pool.query<{ n: number }>(text))).rows[0]!.n;
}

/** What a person does who finds a stage that has used up its budget. @returns how many stages it was done for */
async function rescue(cluster: Cluster, runIds: readonly string[]): Promise<number> {
  let count = 0;
  for (const id of runIds) {
    const run = await patiently(() => cluster.db.runs.get(id));
    if (run?.status !== "failed" || run.finishedAt === null) continue;
    const quarantined = run.stages.filter(({ quarantinedAt }) => quarantinedAt !== null);
    for (const stage of quarantined) await cluster.db.stages.release(stage.id);
    if (quarantined.length === 0) await cluster.db.runs.retry(id);
    count++;
  }
  return count;
}

/** The database may be away at any moment. */
async function patiently<T>(read: () => Promise<T>): Promise<T> {
  const untilMs = performance.now() + 60_000;
  for (;;) {
    try {
      return await read();
    } catch (error) {
      if (performance.now() > untilMs) throw error;
      await sleep(100);
    }
  }
}
