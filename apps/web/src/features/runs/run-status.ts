import type { RunSummary } from "@retort/api";

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
