export const stageStatuses = ["pending", "ready", "running", "succeeded", "failed", "cancelled", "pruned"] as const;
export type StageStatus = (typeof stageStatuses)[number];

export const runStatuses = ["queued", "running", "succeeded", "failed", "cancelled", "pruned"] as const;
export type RunStatus = (typeof runStatuses)[number];

/** A sweep asks for points while it runs; paused, its trials wait; finished, nothing is left to ask for. */
export const sweepStatuses = ["running", "paused", "finished", "cancelled", "failed"] as const;
export type SweepStatus = (typeof sweepStatuses)[number];

/**
 * What a stage's status may become next. Each transition is one SQL statement guarded by the old status (and the attempt).
 * running -> ready is a retry; failed, cancelled -> pending is a new budget, when a run asks for the stage again.
 */
export const stageTransitions = {
  pending: ["ready", "cancelled", "pruned"],
  ready: ["running", "cancelled", "pruned"],
  running: ["succeeded", "failed", "cancelled", "ready", "pruned"],
  succeeded: [],
  failed: ["pending"],
  cancelled: ["pending"],
  pruned: ["pending"],
} as const satisfies Record<StageStatus, readonly StageStatus[]>;

export function canBecome(from: StageStatus, to: StageStatus): boolean {
  const next: readonly StageStatus[] = stageTransitions[from];
  return next.includes(to);
}

/** Will not change any more by itself. */
export function isFinished(status: StageStatus): boolean {
  return status === "succeeded" || status === "failed" || status === "cancelled" || status === "pruned";
}

/**
 * A run's status from those of its stages. One failure decides, though other branches may still be at work;
 * "queued" until the first of its stages runs or has run.
 */
export function runStatus(stages: readonly StageStatus[]): RunStatus {
  if (stages.includes("failed")) return "failed";
  if (stages.includes("cancelled")) return "cancelled";
  if (stages.every((status) => status === "succeeded")) return "succeeded";
  const isActive = stages.includes("running") || stages.includes("ready");
  // A pruned stage was stopped on purpose and what depends on it never starts: the run has given all it was asked for.
  if (stages.includes("pruned") && !isActive) return "pruned";
  return stages.some((status) => status === "running" || status === "succeeded") ? "running" : "queued";
}
