import {
  type EarlierStage,
  type Failure,
  type PlannedStage,
  type Resources,
  type StageStatus,
  stageStatuses,
} from "@retort/core";
import type { Pool } from "pg";
import { findEarlierStage, type TakingProject } from "./earlier-stage.ts";
import { LostLeaseError } from "./errors.ts";
import { notifySql } from "./events.ts";
import { type Fence, fenceValues } from "./fence.ts";
import { jsonb } from "./jsonb.ts";
import { claimMany } from "./stage-claim.ts";
import { endAttempt, reclaimExpired, type Success, succeedMany } from "./stage-end.ts";
import { type LinePlace, readLine, type StageLine } from "./stage-line.ts";
import { preempt } from "./stage-preempt.ts";
import { releaseStage } from "./stage-release.ts";
import { explainWaiting, rewake } from "./stage-waiting.ts";

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
  /** No live run that wants it goes on: nobody takes it. */
  isPaused: boolean;
  preemptRequested: boolean;
  /** Since when nobody takes it, for the processes and workers that it took down. */
  quarantinedAt: Date | null;
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
  priority: number;
  isLight: boolean;
  /** Micro-batches to cut each training step into. */
  accumulate: number;
  leaseExpiresAt: Date;
  inputs: { name: string; artifactId: string; artifactName: string; sha256: string; sizeBytes: number }[];
  checkpoint: { step: number; sha256: string; sizeBytes: number } | null;
  /** Failures in the present budget since the attempt that got furthest, oldest first (a lost lease has kind "lost-lease"). */
  earlierFailures: Failure[];
  /** Runs that wait for it. */
  runIds: string[];
}

/** What a heartbeat brings back. */
export interface StopWishes {
  cancelRequested: boolean;
  /** It is to stop and go on later: paused, or a more urgent stage needs its room. */
  preemptRequested: boolean;
  /** All live runs that want it are paused. */
  isPaused: boolean;
}

export interface Capabilities {
  devices: readonly string[];
  /** What is free now, not what the machine has. */
  threads: number;
  memoryBytes: number;
  /** Light stages that may be taken at once; none when it is left out. */
  lightSlots?: number;
}

export interface ClaimOptions {
  workerId: string;
  capabilities: Capabilities;
  leaseMs: number;
  /** That very stage. */
  stageId?: string;
}

export interface Stages {
  /**
   * Takes the most urgent stage that is due and fits, and as many light ones as there are slots. Among equally urgent ones the project
   * comes first that has the least at work for its share; a project at its limit gets none. One statement, SKIP LOCKED.
   */
  claimMany(options: ClaimOptions): Promise<ClaimedStage[]>;
  /** One stage, not a light one unless it is named; null when there is none. */
  claim(options: ClaimOptions): Promise<ClaimedStage | null>;
  /** Prolongs the lease. @throws LostLeaseError */
  heartbeat(fence: Fence, options: { leaseMs: number; progress?: StageProgress }): Promise<StopWishes>;
  /** Readies dependants and ends runs in the same transaction. @throws LostLeaseError */
  succeed(fence: Fence, options?: { lastOutput?: string }): Promise<void>;
  /** As succeed(), of many in one transaction. @returns those that had lost their lease: nothing was written for them */
  succeedMany(ended: readonly Success[]): Promise<Fence[]>;
  /** With retry the stage is ready again after delayMs, its training steps cut into `accumulate` micro-batches; else it fails, or is quarantined, what depends on it is cancelled ("blocked: sft failed") and its runs fail. @throws LostLeaseError */
  fail(
    fence: Fence,
    failure: Failure,
    options: { retry: boolean; delayMs: number; accumulate?: number; quarantine?: boolean },
  ): Promise<void>;
  /** The attempt stopped since it was asked to. When a live run has asked for the stage again meanwhile, it becomes ready. @throws LostLeaseError */
  cancelled(fence: Fence): Promise<void>;
  /** Ends attempts whose lease ran out: the stage is ready again, cancelled when that was asked, or quarantined when its attempts took down `takedownLimit` processes or workers (default 4). */
  reclaimExpired(options?: {
    takedownLimit?: number;
  }): Promise<{ stageId: string; attempt: number; status: StageStatus }[]>;
  /** Writes why ready stages wait that no online worker can take; clears it on those that one can. @returns how many rows changed */
  explainWaiting(): Promise<number>;
  /**
   * Asks the least urgent running stage that has a checkpoint to give way to a more urgent one that has waited so long, fits no worker as
   * it is, and would fit in its place. One at a time. @returns which for which; null when there is none
   */
  preempt(options: { waitedMs: number }): Promise<{ stageId: string; forStageId: string } | null>;
  /** Puts a new wake-up into the outbox for due stages whose last one is older: the queue may have lost it. @returns their ids */
  rewake(options: { olderThanMs: number }): Promise<string[]>;
  /** Lets a quarantined stage run again with a new budget, and what it had blocked. @throws NotFoundError, ConflictError when it is not quarantined */
  release(id: string): Promise<void>;
  get(id: string): Promise<StageRow | null>;
  byContentKey(contentKey: string): Promise<StageRow | null>;
  /**
   * A finished stage of an earlier run, as a plan takes it. Without a stage's name it is the last that leaves the artifact; without a
   * project that takes it, nobody asks whether one may.
   * @throws SpecError UNKNOWN_RUN, ISOLATED_RUN, UNKNOWN_STAGE, MISSING_OUTPUT, UNFINISHED_STAGE
   */
  ofEarlierRun(wanted: EarlierStage, project: TakingProject | null): Promise<PlannedStage>;
  /** Number of the next repetition of the stage with this content key: 1 unless it has been repeated. */
  nextRepetition(contentKey: string): Promise<number>;
  /** Every run that uses the stage, newest first, with the stage's name in it. */
  usedBy(
    id: string,
  ): Promise<
    { runId: string; runName: string; projectId: string; stageName: string; reused: boolean; createdAt: Date }[]
  >;
  countByStatus(): Promise<Record<StageStatus, number>>;
  /** What runs and what waits, at most `limit` of it, or of one place. */
  line(options: { place?: LinePlace | undefined; limit: number }): Promise<StageLine>;
}

/** Select list of what StageRow and RunStageRow have in common, from `stage s`. */
export const stageColumns = `s.id, s.content_key AS "contentKey", s.kind, s.kind_version AS "kindVersion", s.params, s.seed,
  s.resources, s.status, s.attempt, s.worker_id AS "workerId", s.cancel_requested AS "cancelRequested", s.priority,
  s.is_paused AS "isPaused", s.preempt_requested AS "preemptRequested", s.quarantined_at AS "quarantinedAt", s.progress,
  s.waiting_reason AS "waitingReason", s.failure, s.created_at AS "createdAt", s.ready_at AS "readyAt",
  s.started_at AS "startedAt", s.finished_at AS "finishedAt"`;

const rowColumns = `${stageColumns}, s.key_parts AS "keyParts", s.data_fingerprint AS "dataFingerprint"`;

export function stages(pool: Pool): Stages {
  return {
    claimMany: (options) => claimMany(pool, options),
    async claim({ capabilities, ...options }) {
      const [stage] = await claimMany(pool, { ...options, capabilities: { ...capabilities, lightSlots: 0 } });
      return stage ?? null;
    },
    async heartbeat(fence, { leaseMs, progress }) {
      const { rows } = await pool.query<StopWishes>({
        name: "stages.heartbeat",
        text: `WITH beat AS (
          UPDATE stage SET lease_expires_at = clock_timestamp() + $4::float8 * interval '1 millisecond',
            progress = coalesce($5::jsonb, progress)
          WHERE id = $1::uuid AND attempt = $2::int AND worker_id = $3::uuid AND status = 'running'
          RETURNING id, cancel_requested, preempt_requested, is_paused
        ) SELECT cancel_requested AS "cancelRequested", preempt_requested AS "preemptRequested",
            is_paused AS "isPaused", CASE WHEN $5::jsonb IS NOT NULL THEN ${notifySql("report", "id")} END FROM beat`,
        values: [...fenceValues(fence), leaseMs, progress === undefined ? null : jsonb(progress)],
      });
      if (rows[0] === undefined) throw new LostLeaseError(fence);
      const { cancelRequested, preemptRequested, isPaused } = rows[0];
      return { cancelRequested, preemptRequested, isPaused };
    },
    succeed: (fence, { lastOutput } = {}) => endAttempt(pool, fence, { outcome: "succeeded", lastOutput }),
    succeedMany: (ended) => succeedMany(pool, ended),
    fail: (fence, failure, { retry, delayMs, accumulate, quarantine }) =>
      endAttempt(
        pool,
        fence,
        retry ? { outcome: "retry", failure, delayMs, accumulate } : { outcome: "failed", failure, quarantine },
      ),
    cancelled: (fence) => endAttempt(pool, fence, { outcome: "cancelled" }),
    reclaimExpired: ({ takedownLimit } = {}) => reclaimExpired(pool, takedownLimit),
    explainWaiting: () => explainWaiting(pool),
    preempt: (options) => preempt(pool, options),
    rewake: (options) => rewake(pool, options),
    release: (id) => releaseStage(pool, id),
    async get(id) {
      const { rows } = await pool.query<StageRow>(`SELECT ${rowColumns} FROM stage s WHERE s.id = $1`, [id]);
      return rows[0] ?? null;
    },
    ofEarlierRun: (wanted, project) => findEarlierStage(pool, wanted, project),
    async nextRepetition(contentKey) {
      const { rows } = await pool.query<{ next: number }>(
        `SELECT coalesce(max((r.key_parts->>'repeat')::int), 0) + 1 AS next FROM stage s JOIN stage r
         ON r.kind = s.kind AND r.key_parts - 'repeat' = s.key_parts - 'repeat' WHERE s.content_key = $1`,
        [contentKey],
      );
      return rows[0]!.next;
    },
    async byContentKey(contentKey) {
      const text = `SELECT ${rowColumns} FROM stage s WHERE s.content_key = $1`;
      return (await pool.query<StageRow>(text, [contentKey])).rows[0] ?? null;
    },
    async usedBy(id) {
      const { rows } = await pool.query<Awaited<ReturnType<Stages["usedBy"]>>[number]>(
        `SELECT r.id AS "runId", r.name AS "runName", r.project_id AS "projectId", rs.name AS "stageName", rs.reused,
           r.created_at AS "createdAt"
         FROM run_stage rs JOIN run r ON r.id = rs.run_id WHERE rs.stage_id = $1 ORDER BY r.id DESC`,
        [id],
      );
      return rows;
    },
    line: (options) => readLine(pool, options),
    async countByStatus() {
      const { rows } = await pool.query<{ status: StageStatus; n: number }>(
        "SELECT status, count(*) AS n FROM stage GROUP BY status",
      );
      const counts = new Map(rows.map(({ status, n }) => [status, n]));
      return Object.fromEntries(stageStatuses.map((status) => [status, counts.get(status) ?? 0])) as Record<
        StageStatus,
        number
      >;
    },
  };
}
