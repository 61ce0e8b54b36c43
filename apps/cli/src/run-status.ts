import type { Run, RunStatus, StageStatus } from "@retort/api";

/** A status that core's list has and this one lacks, or the other way round, does not compile. */
const order = {
  queued: 0,
  running: 1,
  succeeded: 2,
  failed: 3,
  cancelled: 4,
  pruned: 5,
} satisfies Record<RunStatus, number>;

/** What a run can be, as core lists it. (Core is not imported, since the CLI must start fast.) */
export const runStatuses: readonly string[] = Object.keys(order);

const finished: ReadonlySet<RunStatus | StageStatus> = new Set(["succeeded", "failed", "cancelled", "pruned"]);

/** Will not change any more by itself. (Core says the same.) */
export function isFinished(status: RunStatus | StageStatus): boolean {
  return finished.has(status);
}

/** "running, paused": a run that is paused keeps its status. */
export function statusOf({ status, pausedAt, finishedAt }: Pick<Run, "status" | "pausedAt" | "finishedAt">): string {
  return pausedAt === null || finishedAt !== null ? status : `${status}, paused`;
}
