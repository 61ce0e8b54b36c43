import type { Failure, Resources, StageStatus } from "@retort/core";
import type { Fence } from "./fence.ts";

export interface StageProgress {
  done: number;
  total: number;
  unit: string;
  /** ISO 8601 */
  at: string;
  secondsLeft: number | null;
}

export interface StageRow {
  id: string;
  contentKey: string;
  keyParts: Record<string, unknown>;
  kind: string;
  kindVersion: number;
  params: Record<string, unknown>;
  seed: number;
  dataFingerprint: string | null;
  resources: Resources;
  priority: number;
  status: StageStatus;
  attempt: number;
  workerId: string | null;
  cancelRequested: boolean;
  progress: StageProgress | null;
  waitingReason: string | null;
  failure: Failure | null;
  createdAt: Date;
  readyAt: Date | null;
  startedAt: Date | null;
  finishedAt: Date | null;
}

/** What a worker needs to run a stage. */
export interface ClaimedStage {
  fence: Fence;
  id: string;
  contentKey: string;
  kind: string;
  kindVersion: number;
  params: Record<string, unknown>;
  seed: number;
  resources: Resources;
  attempt: number;
  leaseExpiresAt: Date;
  inputs: { name: string; artifactId: string; artifactName: string; sha256: string; sizeBytes: number }[];
  checkpoint: { step: number; sha256: string; sizeBytes: number } | null;
  /** Failures of earlier attempts in the present budget, oldest first (a lost lease has kind "lost-lease"). */
  earlierFailures: Failure[];
  /** Runs that wait for it. */
  runIds: string[];
}

export interface Capabilities {
  devices: readonly string[];
  /** What is free now, not what the machine has. */
  threads: number;
  memoryBytes: number;
}

export interface Stages {
  /** Takes the most urgent stage that is due and fits, or that very stage; null when there is none. One statement, SKIP LOCKED. */
  claim(options: {
    workerId: string;
    capabilities: Capabilities;
    leaseMs: number;
    stageId?: string;
  }): Promise<ClaimedStage | null>;
  /** Prolongs the lease. @throws LostLeaseError */
  heartbeat(
    fence: Fence,
    options: { leaseMs: number; progress?: StageProgress },
  ): Promise<{ cancelRequested: boolean }>;
  /** Readies dependants and ends runs in the same transaction. @throws LostLeaseError */
  succeed(fence: Fence, options?: { lastOutput?: string }): Promise<void>;
  /** With retry the stage is ready again after delayMs; else it fails, what depends on it is cancelled ("blocked: sft failed") and its runs fail. @throws LostLeaseError */
  fail(fence: Fence, failure: Failure, options: { retry: boolean; delayMs: number }): Promise<void>;
  /** The attempt stopped since it was asked to. When a live run has asked for the stage again meanwhile, it becomes ready. @throws LostLeaseError */
  cancelled(fence: Fence): Promise<void>;
  /** Ends attempts whose lease ran out: the stage is ready again, cancelled when that was asked, or failed when `maxLost` attempts of its budget were lost (default 5). */
  reclaimExpired(options?: { maxLost?: number }): Promise<{ stageId: string; attempt: number; status: StageStatus }[]>;
  /** Writes why ready stages wait that no online worker can take; clears it on those that one can. @returns how many rows changed */
  explainWaiting(): Promise<number>;
  /** Puts a new wake-up into the outbox for due stages whose last one is older: the queue may have lost it. @returns their ids */
  rewake(options: { olderThanMs: number }): Promise<string[]>;
  get(id: string): Promise<StageRow | null>;
  byContentKey(contentKey: string): Promise<StageRow | null>;
  /** Every run that uses the stage, newest first, with the stage's name in it. */
  usedBy(
    id: string,
  ): Promise<
    { runId: string; runName: string; projectId: string; stageName: string; reused: boolean; createdAt: Date }[]
  >;
  countByStatus(): Promise<Record<StageStatus, number>>;
}
