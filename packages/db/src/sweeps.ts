import type { Objective, Search, StageStatus, Watch } from "@retort/core";
import type { Pool } from "pg";
import { v7 as uuid } from "uuid";
import { notifySql } from "./events.ts";
import { jsonb } from "./jsonb.ts";
import { advanceSweep, advanceSweeps } from "./sweep-advance.ts";
import type { Fingerprint } from "./sweep-ask.ts";
import {
  cancelSweep,
  extendSweep,
  pauseSweep,
  resumeSweep,
  type SweepExtension,
  setSweepPriority,
} from "./sweep-control.ts";
import { getSweep, listSweeps, type SweepQuery, type SweepRow } from "./sweep-rows.ts";
import {
  type FinishedStage,
  readFinishedStages,
  readRunDetails,
  readSweepCosts,
  readSweepStages,
  type SweepCost,
  type SweepRunDetail,
  type SweepStageRow,
} from "./sweep-stages.ts";
import { readTrials, type TrialRow } from "./sweep-trials.ts";

export interface SweepInput {
  projectId: string;
  name: string;
  recipe: string;
  /** What all runs share, as far as it differs from the defaults. */
  params: Record<string, unknown>;
  /** Complete, as checkSearch() gives it. */
  search: Search;
  objective: Objective;
  watch: Watch | null;
  maxConcurrentRuns: number | null;
  priority: number;
}

export interface Sweeps {
  /** Writes the sweep; advance() gives it its trials. */
  create(sweep: SweepInput): Promise<{ id: string }>;
  /** Judges trials, asks for new ones and ends sweeps: all that are running, or that one. Any number of callers may do so at once. */
  advance(options: {
    fingerprint: Fingerprint;
    sweepId?: string;
    onFailure?: (sweepId: string, message: string) => void;
  }): Promise<void>;
  get(id: string): Promise<SweepRow | null>;
  /** Newest first. */
  list(query: SweepQuery): Promise<{ sweeps: SweepRow[]; nextCursor: string | null }>;
  /** By number. */
  trials(sweep: Pick<SweepRow, "id" | "objective">): Promise<TrialRow[]>;
  /** Every stage of its runs, equal ones once. */
  stages(id: string): Promise<SweepStageRow[]>;
  /** What each of its runs left: metrics, content keys, cost. */
  runDetails(id: string): Promise<SweepRunDetail[]>;
  costs(ids: readonly string[]): Promise<Map<string, SweepCost>>;
  /** The newest finished stages of a kind, for estimates. */
  finishedStages(kind: string): Promise<FinishedStage[]>;
  /** Asks for nothing more and starts no trial that waits; running ones finish, or stop and go on from their checkpoint after resume(). @throws NotFoundError, ConflictError */
  pause(id: string, options?: { running?: "finish" | "stop" }): Promise<void>;
  /** @throws NotFoundError, ConflictError when it is not paused */
  resume(id: string): Promise<void>;
  /** Cancels its trials; stages that others share go on. Of a sweep that has failed, the trials that are left. @throws NotFoundError, ConflictError when it has finished */
  cancel(id: string): Promise<void>;
  /** Of the sweep, its live trials and those to come. @throws NotFoundError, ConflictError when it has ended */
  setPriority(id: string, priority: number): Promise<void>;
  /** Adds points or seeds; a finished sweep runs again. @throws NotFoundError, ConflictError when there is nothing to add */
  extend(id: string, extension: SweepExtension): Promise<void>;
  /** Status of stages that exist, by content key. */
  statusByKey(contentKeys: readonly string[]): Promise<Map<string, StageStatus>>;
}

export function sweeps(pool: Pool): Sweeps {
  return {
    async create({ projectId, name, recipe, params, search, objective, watch, maxConcurrentRuns, priority }) {
      const id = uuid();
      await pool.query(
        `INSERT INTO sweep (id, project_id, name, recipe, params, search, objective, watch, max_concurrent_runs, priority, status)
         VALUES ($1, $2, $3, $4, $5::jsonb, $6::json, $7::jsonb, $8::jsonb, $9, $10, 'running') RETURNING ${notifySql("sweep", "id")}`,
        [
          ...[id, projectId, name, recipe, jsonb(params), jsonb(search), jsonb(objective)],
          ...[watch === null ? null : jsonb(watch), maxConcurrentRuns, priority],
        ],
      );
      return { id };
    },
    advance: ({ fingerprint, sweepId, onFailure }) =>
      sweepId === undefined
        ? advanceSweeps(pool, { fingerprint, onFailure })
        : advanceSweep(pool, sweepId, fingerprint),
    get: (id) => getSweep(pool, id),
    list: (query) => listSweeps(pool, query),
    trials: (sweep) => readTrials(pool, sweep),
    stages: (id) => readSweepStages(pool, id),
    runDetails: (id) => readRunDetails(pool, id),
    costs: (ids) => readSweepCosts(pool, ids),
    finishedStages: (kind) => readFinishedStages(pool, kind),
    pause: (id, { running = "finish" } = {}) => pauseSweep(pool, id, running),
    resume: (id) => resumeSweep(pool, id),
    cancel: (id) => cancelSweep(pool, id),
    setPriority: (id, priority) => setSweepPriority(pool, id, priority),
    extend: (id, extension) => extendSweep(pool, id, extension),
    async statusByKey(contentKeys) {
      const { rows } = await pool.query<{ contentKey: string; status: StageStatus }>(
        `SELECT content_key AS "contentKey", status FROM stage WHERE content_key = ANY ($1::text[])`,
        [contentKeys],
      );
      return new Map(rows.map(({ contentKey, status }) => [contentKey, status]));
    },
  };
}
