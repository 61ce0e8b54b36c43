import type { Run, Stage } from "@retort/api";
import { decimal, duration } from "../output/quantity.ts";
import { isFinished } from "../run-status.ts";

/** Shows how far runs are. Writes to stderr: stdout is for the result. */
export interface ProgressView {
  update(run: Run): void;
  note(text: string): void;
  close(): void;
}

/** What a stage is called on the screen. */
export type LabelOf = (run: Run, stage: Stage) => string;

/** "failed", "waiting: no worker has cuda", "120/400 steps, 12 s left, loss 0.412" */
export function describeStage(stage: Stage): string {
  const { status, progress, waitingReason, reused, attempt } = stage;
  if (isFinished(status)) return reused && status === "succeeded" ? "reused" : status;
  if (status !== "running") return waitingReason === null ? status : `waiting: ${waitingReason}`;
  const parts = [];
  if (progress !== null) parts.push(`${progress.done}/${progress.total} ${progress.unit}`);
  if (progress?.secondsLeft != null) parts.push(`${duration(progress.secondsLeft)} left`);
  const loss = stage.latest.find(({ key }) => key === "loss" || key.endsWith("/loss"));
  if (loss !== undefined) parts.push(`loss ${decimal(loss.value)}`);
  if (attempt > 1) parts.push(`attempt ${attempt}`);
  return parts.length === 0 ? "running" : parts.join(", ");
}
