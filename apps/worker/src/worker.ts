import { mkdir, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { type ClaimedStage, checkpointsKept, type Database, type WorkerEnvironment } from "@retort/db";
import type { Consumer, Queue } from "@retort/queue";
import type { Store } from "@retort/store";
import { Capacity } from "./capacity.ts";
import type { CodeKeeper } from "./code-keeper.ts";
import type { Device } from "./device.ts";
import type { Log } from "./log.ts";
import { Orchestrator, type OrchestratorSettings } from "./orchestrator.ts";
import { messageOf, persist } from "./persistence.ts";
import { Attempt, type AttemptSettings } from "./runner/attempt.ts";
import { Successes } from "./runner/successes.ts";
import { WarmChildren, type WarmSettings } from "./runner/warm-children.ts";
import { sampleSystem } from "./system-sampler.ts";
import { sweepWorkRoot } from "./work-root.ts";

export interface WorkerSettings extends AttemptSettings, OrchestratorSettings, WarmSettings {
  /** Light stages that run within the worker at once. */
  lightSlots: number;
  /** Between two looks for a stage that no wake-up told of. */
  pollMs: number;
  /** Between two signs of life. */
  aliveEveryMs: number;
  /** Between two samples of what the machine is doing. */
  sampleEveryMs: number;
}

/** What suits a machine that is the database's neighbour or a network away. */
export const defaultSettings: WorkerSettings = {
  leaseMs: 30_000,
  heartbeatMs: 1_000,
  stopGraceMs: 20_000,
  checkpointsKept,
  memorySampleMs: 200,
  lightSlots: 32,
  maxIdleChildren: 4,
  childIdleMs: 60_000,
  maxAttemptsPerChild: 100,
  pollMs: 5_000,
  aliveEveryMs: 5_000,
  sampleEveryMs: 5_000,
  outboxEveryMs: 1_000,
  reconcileEveryMs: 2_000,
  rewakeAfterMs: 30_000,
  workerSilentMs: 20_000,
  leaderSilentMs: 10_000,
};

export interface WorkerOptions {
  name: string;
  device: Device;
  db: Database;
  queue: Queue;
  store: Store;
  /** Directory for the files of running attempts; each worker makes its own below. */
  workRoot: string;
  /** Recorded with the worker, so that each of its attempts can be done again. */
  environment?: WorkerEnvironment;
  /** Asked whenever a process is started: code that was edited meanwhile is recorded with the attempts which run it. */
  code?: CodeKeeper;
  log: Log;
  settings: WorkerSettings;
}

/** Wake-ups that come together are answered by one round of claims. */
const wakesAtOnce = 64;

/** Takes stages that fit what is free, and runs each as an attempt, until it is stopped. */
export class Worker {
  readonly id: string;
  readonly #options: WorkerOptions;
  readonly #capacity: Capacity;
  readonly #children: WarmChildren;
  readonly #successes: Successes;
  readonly #orchestrator: Orchestrator;
  readonly #workDir: string;
  readonly #attempts = new Set<Attempt>();
  #consumer: Consumer | null = null;
  #sampler: { close(): void } | null = null;
  /** A user wants it to take nothing new. */
  #isDraining = false;
  #isConsuming = true;
  #listening: { close(): Promise<void> } | null = null;
  #claiming: Promise<void> | null = null;
  #isClaimAgain = false;
  readonly #stopping = new AbortController();
  #pollTimer: NodeJS.Timeout | undefined;
  #aliveTimer: NodeJS.Timeout | undefined;

  /** Registers with the database, and begins. */
  static async start(options: WorkerOptions): Promise<Worker> {
    const { db, name, device, workRoot } = options;
    const { providers, threads, memoryBytes } = device;
    const { id } = await db.workers.register({
      name,
      host: hostname(),
      pid: process.pid,
      devices: providers,
      threads,
      memoryBytes,
      environment: options.environment,
    });
    await sweepWorkRoot(options);
    const workDir = join(workRoot, id);
    await mkdir(workDir, { recursive: true });
    const worker = new Worker(id, workDir, options);
    await worker.#begin();
    return worker;
  }

  private constructor(id: string, workDir: string, options: WorkerOptions) {
    this.id = id;
    this.#workDir = workDir;
    this.#options = options;
    this.#capacity = new Capacity(options.device, options.settings.lightSlots);
    this.#children = new WarmChildren(options.settings, options.code);
    this.#successes = new Successes(options);
    this.#orchestrator = new Orchestrator(options);
  }

  /** Takes nothing new, gives running attempts the grace to save their state and end, and signs off. What was stopped is taken up by others. */
  async stop(): Promise<void> {
    if (this.#isStopping) return;
    this.#stopping.abort();
    const { db, log } = this.#options;
    log("info", `stopping with ${this.#attempts.size} running attempts`);
    clearTimeout(this.#pollTimer);
    clearTimeout(this.#aliveTimer);
    this.#sampler?.close();
    await this.#signOfLife("draining");
    for (const attempt of this.#attempts) attempt.stop("preempted");
    await this.#consumer?.close();
    await this.#claiming;
    // One that was claimed while the stop began.
    for (const attempt of this.#attempts) attempt.stop("preempted");
    await Promise.all([...this.#attempts].map((attempt) => attempt.cleared));
    this.#children.close();
    await this.#listening?.close();
    await this.#orchestrator.close();
    await db.workers.leave(this.id).catch((error: unknown) => log("warn", `could not sign off: ${messageOf(error)}`));
    await rm(this.#workDir, { recursive: true, force: true });
  }

  get #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #begin(): Promise<void> {
    const { db, queue, settings, device, log } = this.#options;
    const memoryGib = (device.memoryBytes / 2 ** 30).toFixed(1);
    log("info", `worker ${this.id}: ${device.threads} threads, ${memoryGib} GiB, ${device.providers.join(", ")}`);
    this.#listening = await db.events.listen(({ type, id }) => {
      // Pruners look at reports, too: within a second, at the orchestrator's own pace.
      if (type !== "worker" && type !== "report") this.#orchestrator.nudge();
      // Somebody may have asked it to drain, or to take stages again.
      if (type === "worker" && id === this.id && !this.#isStopping) void this.#signOfLife("online");
    });
    this.#orchestrator.start();
    this.#consumer = await queue.consume("stage.wake", () => this.#claim(), { concurrency: wakesAtOnce });
    this.#poll(settings.pollMs);
    this.#stayAlive(settings.aliveEveryMs);
    this.#sampler = sampleSystem({ db, workerId: this.id, device, everyMs: settings.sampleEveryMs, log });
  }

  /** Claims what fits, round after round. Calls that come meanwhile are answered by one more round. */
  async #claim(): Promise<void> {
    this.#isClaimAgain = true;
    this.#claiming ??= this.#claimRounds().finally(() => {
      this.#claiming = null;
    });
    await this.#claiming;
  }

  async #claimRounds(): Promise<void> {
    const { db, settings, log } = this.#options;
    while (this.#isClaimAgain && this.#isTaking) {
      this.#isClaimAgain = false;
      const claim = { workerId: this.id, capabilities: this.#capacity.free(), leaseMs: settings.leaseMs };
      try {
        const signal = this.#stopping.signal;
        const stages = await persist(() => db.stages.claimMany(claim), { what: "Claiming stages", log, signal });
        for (const stage of stages) this.#run(stage);
        // One claim brings a single stage that takes a share, and light ones up to the slots.
        if (stages.some(({ isLight }) => isLight || this.#capacity.hasShare())) this.#isClaimAgain = true;
      } catch (error) {
        // The next wake-up or poll tries again.
        log("error", `claiming failed: ${messageOf(error)}`);
      }
    }
  }

  #run(stage: ClaimedStage): void {
    const { db, store, log, settings } = this.#options;
    const giveBack = this.#capacity.reserve(stage);
    this.#matchConsumer();
    const [children, successes] = [this.#children, this.#successes];
    const attempt = new Attempt(stage, { db, store, children, successes, log, workDir: this.#workDir, settings });
    this.#attempts.add(attempt);
    // The next stage is claimed while this one's end is written; what its end makes ready, or a limit lets in, after that.
    void attempt.released.then(() => {
      giveBack();
      this.#matchConsumer();
      if (!stage.isLight) void this.#claim();
    });
    void attempt.ended.then(() => {
      this.#orchestrator.nudge();
      void this.#claim();
    });
    void attempt.cleared.then(() => this.#attempts.delete(attempt));
  }

  /** A worker with nothing to give away leaves wake-ups to others. */
  #matchConsumer(): void {
    if (this.#isStopping) return;
    if (this.#isTaking === this.#isConsuming) return;
    this.#isConsuming = this.#isTaking;
    if (this.#isConsuming) void this.#consumer?.resume();
    else void this.#consumer?.pause();
  }

  get #isTaking(): boolean {
    return !this.#isStopping && !this.#isDraining && !this.#capacity.isExhausted();
  }

  #poll(everyMs: number): void {
    const look = async () => {
      await this.#claim();
      if (!this.#isStopping) this.#pollTimer = setTimeout(look, everyMs);
    };
    void look();
  }

  #stayAlive(everyMs: number): void {
    const beat = async () => {
      await this.#signOfLife("online");
      if (!this.#isStopping) this.#aliveTimer = setTimeout(beat, everyMs);
    };
    this.#aliveTimer = setTimeout(beat, everyMs);
  }

  async #signOfLife(status: "online" | "draining"): Promise<void> {
    const { db, log } = this.#options;
    try {
      this.#drain((await db.workers.heartbeat(this.id, status)).isDraining);
    } catch (error) {
      log("warn", `no sign of life: ${messageOf(error)}`);
    }
  }

  #drain(isDraining: boolean): void {
    if (isDraining === this.#isDraining) return;
    this.#isDraining = isDraining;
    this.#options.log("info", isDraining ? "draining: takes nothing new" : "takes stages again");
    this.#matchConsumer();
    if (!isDraining) void this.#claim();
  }
}
