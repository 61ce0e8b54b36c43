import { stageStatuses } from "@retort/core";
import { z } from "zod";
import { artifact } from "./artifact.ts";
import { type Failure, failure } from "./failure.ts";
import { jsonObject } from "./json.ts";

export const stageStatus = z.enum(stageStatuses);
export type { StageStatus } from "@retort/core";

/** How far a running stage is, in its own unit. */
export const progress = z.object({
  done: z.number(),
  total: z.number(),
  unit: z.string(),
  /** ISO 8601 */
  at: z.string(),
  secondsLeft: z.number().nullable(),
});
export type Progress = z.infer<typeof progress>;

/** Not a number is a value, too: a run that has diverged is shown as it is. */
export const measuredNumber = z.custom<number>((value) => typeof value === "number", "expected a number");

/** The newest value of one metric of a stage. */
export const latestMetric = z.object({ key: z.string(), step: z.number(), value: measuredNumber });

/** A stage as one run sees it. */
export const stage = z.object({
  id: z.string(),
  /** Unique within the run: "sft". */
  name: z.string(),
  position: z.number().int(),
  kind: z.string(),
  title: z.string(),
  status: stageStatus,
  /** Number of the newest attempt; 0 before the first. */
  attempt: z.number().int(),
  /** True when an earlier run had asked for this very stage: it is executed once for both. */
  reused: z.boolean(),
  /** The earlier run that it was taken from as it is, since the run's parameters name that one; null for the run's own stages. */
  earlier: z.object({ runId: z.string(), runName: z.string() }).nullable(),
  params: jsonObject,
  seed: z.number(),
  contentKey: z.string(),
  /** What it takes from which stage of the run. */
  inputs: z.array(z.object({ name: z.string(), stageName: z.string(), artifactName: z.string() })),
  resources: z.object({ device: z.string(), threads: z.number(), memoryBytes: z.number() }),
  /** Of one that waits: how far it had come when it gave way, to go on from there; null when it begins anew. */
  progress: progress.nullable(),
  /** Why a ready stage does not start: no worker offers what it asks for. */
  waitingReason: z.string().nullable(),
  failure: failure.nullable(),
  workerId: z.string().nullable(),
  cancelRequested: z.boolean(),
  priority: z.number().int(),
  /** All live runs that want it are paused. */
  isPaused: z.boolean(),
  /** It stops to make room for a more urgent one, and goes on from its checkpoint later. */
  preemptRequested: z.boolean(),
  /** Since when nobody takes it, for the processes and workers that it took down; stages.release() lets it run again. */
  quarantinedAt: z.date().nullable(),
  /** Of all its attempts, whoever asked for them. */
  deviceSeconds: z.number(),
  latest: z.array(latestMetric),
  artifacts: z.array(artifact),
  createdAt: z.date(),
  startedAt: z.date().nullable(),
  finishedAt: z.date().nullable(),
});
export type Stage = z.infer<typeof stage>;

/** One try of a stage on one worker. */
export const attempt = z.object({
  number: z.number().int(),
  workerId: z.string(),
  workerName: z.string(),
  status: z.enum(["running", "succeeded", "failed", "cancelled", "lost"]),
  startedAt: z.date(),
  finishedAt: z.date().nullable(),
  failure: failure.nullable(),
  lastOutput: z.string().nullable(),
  /** Step of the checkpoint that it went on from; -1 when it began at the start; null until it has said so. */
  resumedFromStep: z.number().int().nullable(),
  /** Metric points of dead attempts that it took back. */
  droppedPoints: z.number().int(),
  /** Micro-batches that each training step was cut into; above what the stage asks for after it had run out of memory. */
  accumulate: z.number().int(),
  host: z.string(),
  /** What it takes to get the same bits again; null for a worker that has not told. */
  environment: z
    .object({
      gitCommit: z.string().nullable(),
      /** sha256 of what differed from the commit, files that git does not know among it; null when nothing did. */
      gitDiffSha256: z.string().nullable(),
      /** Null when nothing differed, and for a worker that began before differences were kept. */
      gitDiffBytes: z.number().nullable(),
      /** GET /api/stages/<id>/attempts/<number>/changes gives the difference; one that was too large is told by its hash alone. */
      isGitDiffKept: z.boolean(),
      lockSha256: z.string().nullable(),
      node: z.string(),
      onnxruntime: z.string(),
      platform: z.string(),
      cpu: z.string(),
    })
    .nullable(),
});
export type Attempt = z.infer<typeof attempt>;

/** Another stage of the same kind, and the parts of the content key in which it differs. */
export const nearStage = z.object({
  stageId: z.string(),
  stageName: z.string(),
  /** The newest run that wants it. */
  run: z.object({ id: z.string(), name: z.string() }).nullable(),
  status: stageStatus,
  createdAt: z.date(),
  /** Dotted path of each part: "params.training.numSteps", "inputs.model.contentKey"; undefined where a key has no such part. */
  differences: z.array(z.object({ path: z.string(), ours: z.unknown(), theirs: z.unknown() })),
});
export type NearStage = z.infer<typeof nearStage>;

/** A part of the content key in which two stages differ: a cause, not what follows from it. */
export const keyDifference = z.object({
  /** Inputs that lead to the stage in question, from this one: ["student"]; empty for the stage itself. */
  via: z.array(z.string()),
  /** "params.training.learningRate", "seed", "dataFingerprint", "repeat". */
  path: z.string(),
  /** Absent on a side that lacks the part. */
  ours: z.unknown(),
  theirs: z.unknown(),
});

export const stageComparison = z.object({ isSame: z.boolean(), differences: z.array(keyDifference) });
export type StageComparison = z.infer<typeof stageComparison>;

export const logLevels = ["debug", "info", "warn", "error"] as const;
export const logLine = z.object({
  /** Rising within the stage; gaps are possible. */
  seq: z.number().int(),
  attempt: z.number().int(),
  at: z.date(),
  level: z.enum(logLevels),
  message: z.string(),
});
export type LogLine = z.infer<typeof logLine>;

/** One bucket of a curve: `step` and `last` are its last point; min and max lie anywhere in it. */
export const seriesPoint = z.object({
  step: z.number(),
  min: measuredNumber,
  max: measuredNumber,
  last: measuredNumber,
});
export const series = z.object({ key: z.string(), points: z.array(seriesPoint) });
export type Series = z.infer<typeof series>;

export const metricPoint = z.object({ key: z.string(), step: z.number(), value: measuredNumber });
export type MetricPoint = z.infer<typeof metricPoint>;

/** What has happened to a stage since the message before. */
export interface StageEvent {
  stageId: string;
  status: z.infer<typeof stageStatus>;
  attempt: number;
  progress: Progress | null;
  waitingReason: string | null;
  failure: Failure | null;
  /** A new attempt took points back: drop those after this step (all when -1) before adding `points`. */
  rolledBackTo: number | null;
  points: MetricPoint[];
  logs: LogLine[];
}
