import type { Database, LinePlace, StageInLine } from "@retort/db";
import type { Queue, QueuedStage } from "../contract/queue.ts";
import { stageTitle } from "./stage-title.ts";

/** What runs and what waits, in the order in which it is taken, each with the reason why it does not run. */
export async function readQueue(db: Database, query: { place?: LinePlace | undefined; limit: number }): Promise<Queue> {
  const { counts, stages } = await db.stages.line(query);
  const now = new Date();
  return { counts, stages: stages.map((stage) => toQueuedStage(stage, now)) };
}

function toQueuedStage(stage: StageInLine, now: Date): QueuedStage {
  const { id, kind, status, place, priority, attempt, progress, worker, numRuns } = stage;
  const isRunning = place === "running";
  const readyAt = status === "ready" ? stage.readyAt : null;
  const isDue = readyAt === null || readyAt <= now;
  return {
    ...{ id, status, place, priority, attempt, worker, numRuns },
    name: stage.run?.stageName ?? kind,
    title: stageTitle(kind),
    reason: isRunning ? null : reasonOf(stage),
    dueAt: isDue ? null : readyAt,
    progress,
    since: stage.startedAt ?? (isDue ? readyAt : null) ?? stage.createdAt,
    project: stage.projectSlug,
    run: stage.run === null ? null : { id: stage.run.id, name: stage.run.name },
  };
}

function reasonOf({ place, isPaused, waitingReason, waitsFor }: StageInLine): string | null {
  if (place === "quarantined") return "it took down the processes or workers that tried it";
  if (isPaused) return "paused";
  if (waitsFor.length > 0) return `after ${waitsFor.join(", ")}`;
  return waitingReason;
}
