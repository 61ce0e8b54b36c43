import { setTimeout as sleep } from "node:timers/promises";
import { fingerprintDataset } from "@retort/core/node";
import type { Database } from "@retort/db";
import type { Queue } from "@retort/queue";
import { Leadership } from "./leadership.ts";
import type { Log } from "./log.ts";
import { messageOf } from "./persistence.ts";

export interface OrchestratorSettings {
  /** Longest wait between two looks at the outbox; an event of the database shortens it. */
  outboxEveryMs: number;
  reconcileEveryMs: number;
  /** A ready stage whose wake-up is older is woken again. */
  rewakeAfterMs: number;
  /** A worker that is silent for longer is gone. */
  workerSilentMs: number;
  /** A leader that is silent for longer loses the lead. */
  leaderSilentMs: number;
}

const outboxBatch = 1_000;
const burstMs = 20;
const keepSentMs = 3_600_000;
/** A stage is given the time that a worker with room needs to take it. */
const preemptAfterMs = 1_500;
/** Shortest pause between two looks at the sweeps: a burst of finished stages is one look. */
const sweepsEveryMs = 200;
const keepSamplesMs = 24 * 3_600_000;
/** A round waits so long for the queue. Redis that is away lets its callers wait for half a minute, and sweeps must not wait with them. */
const queuePatienceMs = 500;

/**
 * Keeps the queue and the database in step: sends wake-ups from the outbox to the queue, sends again what the queue lost, ends attempts
 * whose lease ran out, says why stages wait, and takes sweeps further. Every worker runs one; the one that holds the lock of the database
 * works. While the queue cannot be reached, all that needs the database alone goes on.
 */
export class Orchestrator {
  readonly #db: Database;
  readonly #queue: Queue;
  readonly #log: Log;
  readonly #settings: OrchestratorSettings;
  readonly #leadership: Leadership;
  readonly #closing = new AbortController();
  #nudge = new AbortController();
  #reconciledAtMs = Number.NEGATIVE_INFINITY;
  #advancedAtMs = Number.NEGATIVE_INFINITY;
  /** Set when a round came too soon after the last look at the sweeps. */
  #sweepsDueInMs: number | null = null;
  /** What is being sent to the queue; null when nothing is. */
  #sending: Promise<void> | null = null;
  /** The last message to the queue did not get there: the outbox is looked at again in its own time, not at once. */
  #isQueueAway = false;
  #running: Promise<void> = Promise.resolve();

  constructor(services: { db: Database; queue: Queue; log: Log; settings: OrchestratorSettings }) {
    this.#db = services.db;
    this.#queue = services.queue;
    this.#log = services.log;
    this.#settings = services.settings;
    const { leaderSilentMs } = services.settings;
    this.#leadership = new Leadership({ pool: services.db.pool, silentMs: leaderSilentMs, log: services.log });
  }

  start(): void {
    this.#running = this.#loop();
  }

  /** Something in the database changed: there may be a wake-up to send. */
  nudge(): void {
    this.#nudge.abort();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
    this.#leadership.release();
  }

  async #loop(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      this.#nudge = new AbortController();
      try {
        const leads = await this.#leadership.holds();
        if (leads) await this.#round();
        const isSendable = leads && !this.#isQueueAway;
        const dueInMs = [isSendable ? await this.#db.outbox.nextDueInMs() : null, this.#sweepsDueInMs];
        await this.#pause(dueInMs.filter((ms) => ms !== null));
      } catch (error) {
        this.#log("warn", `orchestrator: ${messageOf(error)}`);
        await this.#pause([]);
      }
    }
  }

  async #round(): Promise<void> {
    const isReconciling = performance.now() - this.#reconciledAtMs >= this.#settings.reconcileEveryMs;
    if (isReconciling) {
      await this.#reconcile();
      this.#reconciledAtMs = performance.now();
    }
    await this.#advanceSweeps();
    this.#sending ??= this.#send(isReconciling).finally(() => {
      this.#sending = null;
    });
    const isOver = new AbortController();
    const patience = sleep(queuePatienceMs, undefined, { signal: isOver.signal }).catch(() => {});
    await Promise.race([this.#sending, patience]);
    isOver.abort();
  }

  /** All that needs the queue. Never rejects: the database decides, with the queue or without it. */
  async #send(isRewaking: boolean): Promise<void> {
    try {
      if (isRewaking) await this.#rewake();
      await this.#flushOutbox();
      this.#isQueueAway = false;
    } catch (error) {
      this.#isQueueAway = true;
      this.#log(
        "warn",
        `orchestrator: wake-ups could not be sent, workers look for stages by themselves: ${messageOf(error)}`,
      );
    }
  }

  async #advanceSweeps(): Promise<void> {
    const waitMs = this.#advancedAtMs + sweepsEveryMs - performance.now();
    this.#sweepsDueInMs = waitMs > 0 ? waitMs : null;
    if (waitMs > 0) return;
    await this.#db.sweeps.advance({
      fingerprint: fingerprintDataset,
      onFailure: (id, message) => this.#log("warn", `sweep ${id}: ${message}`),
    });
    this.#advancedAtMs = performance.now();
  }

  async #pause(dueInMs: readonly number[]): Promise<void> {
    // A burst of events is one round.
    await sleep(burstMs);
    const signal = AbortSignal.any([this.#nudge.signal, this.#closing.signal]);
    await sleep(Math.min(...dueInMs, this.#settings.outboxEveryMs), undefined, {
      signal,
    }).catch(() => {});
  }

  async #flushOutbox(): Promise<void> {
    for (;;) {
      const messages = await this.#db.outbox.take(outboxBatch);
      if (messages.length === 0) return;
      await this.#queue.addBulk(messages);
      await this.#db.outbox.markSent(messages.map(({ id }) => id));
    }
  }

  async #reconcile(): Promise<void> {
    const { workerSilentMs } = this.#settings;
    for (const id of await this.#db.workers.markGone({ silentMs: workerSilentMs }))
      this.#log("warn", `worker ${id} is gone`);
    for (const { stageId, attempt, status } of await this.#db.stages.reclaimExpired()) {
      this.#log("warn", `stage ${stageId}: the lease of attempt ${attempt} ran out, now ${status}`);
    }
    await this.#db.stages.explainWaiting();
    const preempted = await this.#db.stages.preempt({ waitedMs: preemptAfterMs });
    if (preempted !== null) this.#log("info", `stage ${preempted.stageId} gives way to ${preempted.forStageId}`);
    await this.#db.outbox.purge({ sentBeforeMs: keepSentMs });
    await this.#db.workerSamples.purge({ olderThanMs: keepSamplesMs });
  }

  async #rewake(): Promise<void> {
    // As long as wake-ups wait in the queue none is lost: workers are busy.
    const { waiting } = (await this.#queue.counts())["stage.wake"];
    if (waiting === 0) await this.#db.stages.rewake({ olderThanMs: this.#settings.rewakeAfterMs });
  }
}
