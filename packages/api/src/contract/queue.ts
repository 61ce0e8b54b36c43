import { z } from "zod";
import { progress, stageStatus } from "./stage.ts";

/** "held" may not be taken now, "pending" waits for other stages, "quarantined" for somebody's word. */
export const queuePlace = z.enum(["running", "ready", "held", "pending", "quarantined"]);
export type QueuePlace = z.infer<typeof queuePlace>;

/** A stage that runs or waits. */
export const queuedStage = z.object({
  id: z.string(),
  /** Within the run below. */
  name: z.string(),
  title: z.string(),
  status: stageStatus,
  place: queuePlace,
  /** The highest of the runs that wait for it; higher is sooner. */
  priority: z.number().int(),
  attempt: z.number().int(),
  /** Why it does not run; null for what runs, and for what any worker with room takes. */
  reason: z.string().nullable(),
  /** When a retry may begin; null otherwise. */
  dueAt: z.date().nullable(),
  /** Of one that waits: how far it had come when it gave way. */
  progress: progress.nullable(),
  /** Since when its attempt runs, or since when it waits. */
  since: z.date(),
  project: z.string().nullable(),
  worker: z.object({ id: z.string(), name: z.string() }).nullable(),
  /** The newest of the runs that wait for it; null when all have been cancelled meanwhile. */
  run: z.object({ id: z.string(), name: z.string() }).nullable(),
  numRuns: z.number().int(),
});
export type QueuedStage = z.infer<typeof queuedStage>;

export const queue = z.object({
  counts: z.record(queuePlace, z.number().int()),
  stages: z.array(queuedStage),
});
export type Queue = z.infer<typeof queue>;
