import type { RunStatus, RunSummary } from "@retort/api";

/** In the order of lists: what goes on before what has ended. */
export const listedStatuses = [
  "running",
  "queued",
  "succeeded",
  "failed",
  "pruned",
  "cancelled",
] as const satisfies RunStatus[];

/** Whether anything in a list can still change by itself. */
export function isLive({ status }: Pick<RunSummary, "status">): boolean {
  return status === "queued" || status === "running";
}

/** A paused run's stages wait or stop: that says more than that it was queued or running. */
export function shownStatus(
  run: Pick<RunSummary, "status" | "pausedAt" | "finishedAt">,
): RunSummary["status"] | "paused" {
  return run.pausedAt !== null && run.finishedAt === null && isLive(run) ? "paused" : run.status;
}
