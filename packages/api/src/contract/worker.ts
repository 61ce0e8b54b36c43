import { z } from "zod";
import { progress } from "./stage.ts";

/** What a worker's machine was doing at a moment. */
export const workerSample = z.object({
  at: z.date(),
  /** Of all cores, 0 .. 1. */
  cpuLoad: z.number(),
  memoryUsedBytes: z.number(),
  memoryTotalBytes: z.number(),
  /** Resident memory of the worker and of all that it started. */
  ownMemoryBytes: z.number(),
  /** One a graphics processor; null where the driver does not tell. */
  gpus: z.array(
    z.object({
      name: z.string(),
      load: z.number().nullable(),
      memoryUsedBytes: z.number().nullable(),
      memoryTotalBytes: z.number().nullable(),
    }),
  ),
});
export type WorkerSample = z.infer<typeof workerSample>;

export const worker = z.object({
  id: z.string(),
  name: z.string(),
  host: z.string(),
  pid: z.number().int(),
  devices: z.array(z.string()),
  threads: z.number(),
  memoryBytes: z.number(),
  /** "draining" while it takes nothing new: it was asked to (isDraining), or it is about to end. */
  status: z.enum(["online", "draining", "gone"]),
  isDraining: z.boolean(),
  startedAt: z.date(),
  heartbeatAt: z.date(),
  /** Stages that it runs now. */
  stageIds: z.array(z.string()),
  /** The newest one; null before the first. */
  sample: workerSample.nullable(),
});
export type Worker = z.infer<typeof worker>;

/** A stage that a worker runs now, as its page names it. */
const workerStage = z.object({
  stageId: z.string(),
  /** Name within the run below. */
  name: z.string(),
  title: z.string(),
  /** The newest of the runs that want it; null when all have been cancelled meanwhile. */
  run: z.object({ id: z.string(), name: z.string() }).nullable(),
  progress: progress.nullable(),
  /** Of the attempt, which goes on from where earlier ones came to. */
  startedAt: z.date().nullable(),
});

export const listedWorker = worker.extend({ stages: z.array(workerStage) });
export type ListedWorker = z.infer<typeof listedWorker>;

/** A worker with what its machine did lately, oldest sample first. */
export const workerDetail = worker.extend({ samples: z.array(workerSample) });
export type WorkerDetail = z.infer<typeof workerDetail>;
