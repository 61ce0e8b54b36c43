import {
  columnsOf,
  countPoints,
  flatPoint,
  labelsOf,
  layoutOf,
  needsWatch,
  type PublishedRow,
  type Search,
} from "@retort/core";
import {
  type Database,
  NotFoundError,
  type SweepCost,
  type SweepQuery,
  type SweepRow,
  type TrialRow,
} from "@retort/db";
import type { Sweep, SweepSummary, Trial, TrialCounts, TrialStatus } from "../contract/sweep.ts";
import { clockOf } from "./clock.ts";
import { headlineOf } from "./headline.ts";
import { publishedBeside } from "./published.ts";

/** @throws NotFoundError */
export async function findSweepRow(db: Database, sweepId: string): Promise<SweepRow> {
  const row = await db.sweeps.get(sweepId);
  if (row === null) throw new NotFoundError("sweep", sweepId);
  return row;
}

export async function listSweeps(
  db: Database,
  query: SweepQuery,
): Promise<{ sweeps: SweepSummary[]; nextCursor: string | null }> {
  const { sweeps, nextCursor } = await db.sweeps.list(query);
  const costs = await db.sweeps.costs(sweeps.map(({ id }) => id));
  const summaries = await Promise.all(
    sweeps.map(async (row) => summarise(row, await db.sweeps.trials(row), costs.get(row.id))),
  );
  return { sweeps: summaries, nextCursor };
}

/** @throws NotFoundError */
export async function findSweep(db: Database, sweepId: string): Promise<Sweep> {
  const row = await findSweepRow(db, sweepId);
  const [trials, costs, stages] = await Promise.all([
    db.sweeps.trials(row),
    db.sweeps.costs([sweepId]),
    db.sweeps.stages(sweepId),
  ]);
  const waiting = new Map<string, number>();
  for (const { status, waitingReason } of stages) {
    if (status === "ready" && waitingReason !== null) waiting.set(waitingReason, (waiting.get(waitingReason) ?? 0) + 1);
  }
  return {
    ...summarise(row, trials, costs.get(sweepId)),
    params: row.params,
    search: row.search,
    watch: row.watch,
    objectiveSpec: row.objective,
    maxConcurrentRuns: row.maxConcurrentRuns,
    priority: row.priority,
    seeds: row.search.space.seeds,
    columns: columnsOf(layoutOf(row.search.space)),
    stages: {
      asked: stages.reduce((sum, { numRuns }) => sum + numRuns, 0),
      unique: stages.length,
      shared: stages.filter(({ numRuns }) => numRuns > 1).length,
      reused: stages.filter(({ isReused }) => isReused).length,
      finished: stages.filter(({ status }) => status === "succeeded").length,
    },
    waiting: [...waiting].map(([reason, numStages]) => ({ reason, numStages })),
    warnings: await metricWarnings(db, row, trials),
  };
}

/** Of metrics that the sweep compares or watches by, and that a trial which has succeeded does not have: probably another is meant. */
async function metricWarnings(
  db: Database,
  { objective, watch, search }: SweepRow,
  trials: readonly TrialRow[],
): Promise<string[]> {
  const succeeded = trials.filter(({ status }) => status === "succeeded");
  // What has been looked at is reported: a live page, which asks again and again, reads no run for it.
  const watched = needsWatch(search) && trials.every(({ looks }) => looks.length === 0) ? watch : null;
  const hasObjective = succeeded.some(({ value }) => value !== null);
  const runId = succeeded[0]?.runId;
  if (runId == null || (hasObjective && watched === null)) return [];
  const run = await db.runs.get(runId);
  if (run === null) return [];
  const reported = [...new Set(run.stages.flatMap(({ latest }) => latest.map(({ key }) => key)))].sort();
  const evaluated = [...new Set(run.evaluations.flatMap(({ metrics }) => Object.keys(metrics)))].sort();
  const known = (names: readonly string[]) => (names.length === 0 ? "There is none." : `There is ${names.join(", ")}.`);
  return [
    ...(hasObjective
      ? []
      : [`No trial that has succeeded has the objective "${objective.metric}". ${known([...evaluated, ...reported])}`]),
    ...(watched === null || reported.includes(watched.metric)
      ? []
      : [`Nothing has reported "${watched.metric}", which trials are judged by. ${known(reported)}`]),
  ];
}

/** What others published beside what the trials are compared by. @throws NotFoundError */
export async function findPublished(db: Database, sweepId: string): Promise<PublishedRow[]> {
  const { recipe, objective } = await findSweepRow(db, sweepId);
  return publishedBeside(recipe, objective.metric);
}

export interface TrialQuery {
  sweepId: string;
  status?: TrialStatus | undefined;
  order: "trial" | "best";
  offset: number;
  limit: number;
}

/** @throws NotFoundError */
export async function listTrials(db: Database, { sweepId, status, order, offset, limit }: TrialQuery) {
  const row = await findSweepRow(db, sweepId);
  const rows = (await db.sweeps.trials(row)).filter((trial) => status === undefined || trial.status === status);
  const sign = row.search.mode === "max" ? -1 : 1;
  const worst = Number.POSITIVE_INFINITY;
  if (order === "best") {
    const rank = ({ value }: TrialRow) => (value === null ? worst : sign * value);
    // Infinity minus itself is no number: those without a value stay in their order.
    rows.sort((a, b) => (rank(a) === rank(b) ? a.number - b.number : rank(a) - rank(b)));
  }
  return {
    columns: columnsOf(layoutOf(row.search.space)),
    trials: toTrials(row, rows.slice(offset, offset + limit)),
    total: rows.length,
  };
}

/** Rows as they cross the wire. */
export function toTrials({ search }: SweepRow, rows: readonly TrialRow[]): Trial[] {
  const layout = layoutOf(search.space);
  return rows.map((row) => {
    const last = row.looks.at(-1);
    return {
      trial: row.number,
      point: flatPoint(row.point),
      labels: labelsOf(layout, row.point),
      seed: row.seed,
      runId: row.runId,
      status: row.status,
      value: row.value,
      stoppedAtStep: row.stoppedAtStep,
      reason: row.reason ?? row.failure?.message ?? null,
      failure: row.failure,
      origin: row.originTrial === null ? null : { trial: row.originTrial, step: row.originStep! },
      watched: last === undefined || last.value === null ? null : { step: last.step, value: last.value },
      createdAt: row.createdAt,
      startedAt: row.startedAt,
      finishedAt: row.finishedAt,
      clock: clockOf(row),
    };
  });
}

function summarise(row: SweepRow, trials: readonly TrialRow[], cost: SweepCost | undefined): SweepSummary {
  const headline = headlineOf(row.recipe);
  const isHeadline = headline?.metric === row.objective.metric;
  const counts = countTrials(trials);
  const numTrials = expectedTrials(row, trials);
  return {
    id: row.id,
    project: { id: row.projectId, slug: row.projectSlug },
    name: row.name,
    recipe: row.recipe,
    status: row.status,
    error: row.error,
    sampler: row.search.sampler.kind,
    pruner: row.search.population === null ? row.search.pruner.kind : "population",
    objective: {
      metric: row.objective.metric,
      label: isHeadline ? headline.label : row.objective.metric,
      unit: isHeadline ? headline.unit : "points",
      mode: row.search.mode,
    },
    numTrials,
    counts,
    best: bestOf(row, trials),
    deviceSeconds: cost?.deviceSeconds ?? 0,
    savedSeconds: cost?.savedSeconds ?? 0,
    secondsLeft: secondsLeft(row, trials.length, numTrials, cost),
    createdAt: row.createdAt,
    finishedAt: row.finishedAt,
    clock: clockOf({ ...row, startedAt: row.createdAt })!,
  };
}

function countTrials(trials: readonly TrialRow[]): TrialCounts {
  const counts: TrialCounts = { pending: 0, running: 0, paused: 0, succeeded: 0, failed: 0, cancelled: 0, pruned: 0 };
  for (const { status } of trials) counts[status] += 1;
  return counts;
}

/** Trials there will be; null when only the search will tell: populations fork, a space may have fewer points than the budget. */
function expectedTrials({ isComplete, search, status }: SweepRow, trials: readonly TrialRow[]): number | null {
  if (isComplete || status === "cancelled" || status === "failed") return trials.length;
  if (search.population !== null) return null;
  const points = search.sampler.kind === "grid" ? gridPoints(search) : search.maxPoints;
  return points === null ? null : points * search.space.seeds.length;
}

function gridPoints({ space, maxPoints }: Search): number | null {
  const { count, complete } = countPoints(space);
  if (maxPoints !== null && count >= maxPoints) return maxPoints;
  return complete ? count : maxPoints;
}

/** Of the stages that are still to run, as many at once as do now. Trials that are not planned yet cost as much as the others. */
function secondsLeft(
  { status }: SweepRow,
  numPlanned: number,
  numTrials: number | null,
  cost: SweepCost | undefined,
): number | null {
  if (status === "finished" || status === "cancelled") return 0;
  if (status !== "running" || numTrials === null || cost?.deviceSecondsLeft == null) return null;
  const perTrial = (cost.deviceSeconds + cost.deviceSecondsLeft) / numPlanned;
  const deviceSecondsLeft = cost.deviceSecondsLeft + (numTrials - numPlanned) * perTrial;
  return deviceSecondsLeft / Math.max(1, cost.numRunning);
}

/** The point with the best mean over its seeds; points that have all seeds go before others, since one lucky seed proves little. */
function bestOf({ search }: SweepRow, trials: readonly TrialRow[]): SweepSummary["best"] {
  const groups = new Map<string, { row: TrialRow; value: number }[]>();
  for (const row of trials) {
    if (row.value === null || !Number.isFinite(row.value)) continue;
    groups.set(row.pointKey, [...(groups.get(row.pointKey) ?? []), { row, value: row.value }]);
  }
  const most = Math.max(0, ...[...groups.values()].map((group) => group.length));
  const sign = search.mode === "max" ? 1 : -1;
  const complete = [...groups.values()].filter((group) => group.length === most);
  const best = complete
    .map((group) => ({ group, mean: meanOf(group.map(({ value }) => value)) }))
    .reduce<{ group: (typeof complete)[number]; mean: number } | null>(
      (a, b) => (a === null || sign * b.mean > sign * a.mean ? b : a),
      null,
    );
  if (best === null) return null;
  const values = best.group.map(({ value }) => value);
  const { point } = best.group[0]!.row;
  return {
    point: flatPoint(point),
    labels: labelsOf(layoutOf(search.space), point),
    mean: best.mean,
    std: deviationOf(values),
    n: values.length,
    trials: best.group.map(({ row }) => row.number),
    runIds: best.group.flatMap(({ row }) => row.runId ?? []),
  };
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Sample standard deviation; null for fewer than two. */
export function deviationOf(values: readonly number[]): number | null {
  if (values.length < 2) return null;
  const mean = meanOf(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}
