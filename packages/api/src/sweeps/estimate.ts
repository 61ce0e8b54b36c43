import { diffKeyParts, type KeyParts, type PlannedStage } from "@retort/core";
import type { Database, FinishedStage } from "@retort/db";
import type { SweepPreview } from "../contract/sweep.ts";

type Estimate = SweepPreview["estimate"];

/** Finished stages whose median time is taken. */
const numNearest = 5;

/**
 * Time that stages will take, by the finished stages of their kind whose parameters are nearest: each number counts by the
 * logarithm of its ratio, any other difference by one. On workers as they are now, all else idle.
 */
export async function estimateTime(db: Database, toExecute: readonly PlannedStage[]): Promise<Estimate> {
  if (toExecute.length === 0)
    return { deviceSeconds: 0, wallSeconds: 0, basis: "Every stage has been finished before." };
  const history = new Map<string, FinishedStage[]>();
  for (const kind of new Set(toExecute.map((stage) => stage.kind))) {
    history.set(kind, await db.sweeps.finishedStages(kind));
  }
  const unknown = [...history].filter(([, stages]) => stages.length === 0).map(([kind]) => kind);
  if (unknown.length > 0) {
    const basis = `No stage of kind ${unknown.join(", ")} has finished yet.`;
    return { deviceSeconds: null, wallSeconds: null, basis };
  }
  const known = new Map<string, { seconds: number; isExact: boolean }>();
  let deviceSeconds = 0;
  let numExact = 0;
  let threadSeconds = 0;
  for (const stage of toExecute) {
    const key = JSON.stringify([stage.kind, stage.params]);
    const time = known.get(key) ?? nearest(stage, history.get(stage.kind)!);
    known.set(key, time);
    deviceSeconds += time.seconds;
    threadSeconds += time.seconds * stage.resources.threads;
    if (time.isExact) numExact += 1;
  }
  const workers = (await db.workers.list()).filter(({ status }) => status === "online");
  const threads = workers.reduce((sum, worker) => sum + worker.threads, 0);
  const basis =
    numExact === toExecute.length
      ? "Median of finished stages with the same parameters."
      : `Median of the ${numNearest} nearest finished stages of each kind; ${numExact} of ${toExecute.length} have the same parameters.`;
  const wallSeconds = threads === 0 ? null : Math.max(threadSeconds / threads, longest(toExecute, known));
  return { deviceSeconds, wallSeconds, basis: threads === 0 ? `${basis} No worker is online.` : basis };
}

function nearest({ params }: PlannedStage, finished: readonly FinishedStage[]): { seconds: number; isExact: boolean } {
  const ranked = finished
    .map((stage) => ({ seconds: stage.seconds, distance: distance(params, stage.params) }))
    .sort((a, b) => a.distance - b.distance);
  const isExact = ranked[0]!.distance === 0;
  const chosen = (isExact ? ranked.filter((stage) => stage.distance === 0) : ranked).slice(0, numNearest);
  return { seconds: median(chosen.map(({ seconds }) => seconds)), isExact };
}

function distance(ours: Record<string, unknown>, theirs: Record<string, unknown>): number {
  const parts = (params: Record<string, unknown>): KeyParts => ({
    ...{ kind: "", kindVersion: 0, inputs: {}, dataFingerprint: null, seed: 0, engine: 0 },
    params,
  });
  return diffKeyParts(parts(ours), parts(theirs)).reduce((sum, { ours: a, theirs: b }) => {
    const isRatio = typeof a === "number" && typeof b === "number" && a > 0 && b > 0;
    return sum + (isRatio ? Math.abs(Math.log(a / b)) : 1);
  }, 0);
}

/** The longest chain: no number of workers ends before it. */
function longest(stages: readonly PlannedStage[], known: ReadonlyMap<string, { seconds: number }>): number {
  const end = new Map<string, number>();
  for (const stage of stages) {
    const before = stage.inputs.map(({ sourceContentKey }) => end.get(sourceContentKey) ?? 0);
    const own = known.get(JSON.stringify([stage.kind, stage.params]))!.seconds;
    end.set(stage.contentKey, Math.max(0, ...before) + own);
  }
  return Math.max(...end.values());
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
