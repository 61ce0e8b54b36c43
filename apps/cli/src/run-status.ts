import type { Run, RunStatus, StageStatus } from "@retort/api";

const finished: ReadonlySet<RunStatus | StageStatus> = new Set(["succeeded", "failed", "cancelled", "pruned"]);

/** Will not change any more by itself. (Core says the same; it is not imported, since the CLI must start fast.) */
export function isFinished(status: RunStatus | StageStatus): boolean {
  return finished.has(status);
}

/** "running, paused": a run that is paused keeps its status. */
export function statusOf({ status, pausedAt, finishedAt }: Pick<Run, "status" | "pausedAt" | "finishedAt">): string {
  return pausedAt === null || finishedAt !== null ? status : `${status}, paused`;
}
