import { rm } from "node:fs/promises";
import { join } from "node:path";
import {
  type BudgetedKind,
  classify,
  type Failure,
  isTakedown,
  quarantineFailure,
  type RetryDecision,
  retryDecision,
  takedownLimit,
} from "@retort/core";
import { type ClaimedStage, type Database, LostLeaseError } from "@retort/db";
import type { Store } from "@retort/store";
import type { LastWord } from "../child/stage-outcome.ts";
import type { Log } from "../log.ts";
import { messageOf, persist } from "../persistence.ts";
import { fetchAttemptFiles } from "./attempt-files.ts";
import { type AttemptProcess, type ProcessEnd, startAttemptProcess } from "./attempt-process.ts";
import type { OutputStream } from "./child-process.ts";
import { keepLease } from "./lease.ts";
import { outsideCapture } from "./light-output.ts";
import { startLightProcess } from "./light-process.ts";
import type { MessageFromChild, Request, StopReason } from "./messages.ts";
import { finerMicroBatches } from "./micro-batches.ts";
import {
  declaredOutputs,
  failureFrom,
  failureOfError,
  failureOfStop,
  type GaveWayTo,
  missingOutput,
} from "./outcome.ts";
import { OutputTail } from "./output-tail.ts";
import { ProgressEstimate } from "./progress-estimate.ts";
import { Reporter } from "./reporter.ts";
import { fulfil } from "./requests.ts";
import type { Successes } from "./successes.ts";
import type { WarmChildren } from "./warm-children.ts";

export interface AttemptSettings {
  leaseMs: number;
  /** Between two prolongations of the lease, which also bring the wish to cancel. */
  heartbeatMs: number;
  /** From the first SIGTERM to the SIGKILL. */
  stopGraceMs: number;
  /** Checkpoints that a stage keeps. */
  checkpointsKept: number;
  memorySampleMs: number;
}

export interface AttemptServices {
  db: Database;
  store: Store;
  children: WarmChildren;
  successes: Successes;
  log: Log;
  /** Directory for the files of this worker's attempts. */
  workDir: string;
  settings: AttemptSettings;
}

/** One try of a stage, from the claim to the row that says how it ended. */
export class Attempt {
  readonly stage: ClaimedStage;
  /** Resolves when its share of the machine is free: its process is gone or given back. A light one has none of its own, and ends with it. */
  readonly released: Promise<void>;
  /** Resolves when its process is gone or given back, and its end is written. Never rejects. */
  readonly ended: Promise<void>;
  /** Resolves when its files are gone, too. Never rejects. */
  readonly cleared: Promise<void>;
  readonly #services: AttemptServices;
  readonly #log: Log;
  /** To the worker's log and to the stage's. */
  readonly #tell: Log;
  readonly #reporter: Reporter;
  readonly #output = new OutputTail();
  readonly #progress = new ProgressEstimate();
  /** Aborted when the attempt is to stop: nothing more is fetched or started for it. */
  readonly #stopping = new AbortController();
  /** Aborted when the process is gone without a result: nobody waits for its requests any more. */
  readonly #abandoned = new AbortController();
  #process: AttemptProcess | null = null;
  #stopReason: StopReason | null = null;
  #gaveWayTo: GaveWayTo = "the end of its worker";
  #hasCheckpoint: boolean;
  /** What went wrong on this side: reports that cannot be stored, a message that makes no sense. */
  #ownFailure: Failure | null = null;
  #lastWord: LastWord | null = null;
  #requests: Promise<void> = Promise.resolve();
  /** Resolves when it is written down what code the process runs, if that is not the worker's. */
  #codeRecorded: Promise<void> = Promise.resolve();
  /** Outputs that this attempt has left. */
  readonly #recorded = new Set<string>();
  /** Nothing is left to stop; what remains is to write how it ended. */
  #isOver = false;
  #worked = () => {};

  constructor(stage: ClaimedStage, services: AttemptServices) {
    this.stage = stage;
    this.#hasCheckpoint = stage.checkpoint !== null;
    this.#services = services;
    this.#log = (level, message) => services.log(level, `${stage.kind} ${stage.id}#${stage.attempt}: ${message}`);
    this.#tell = (level, message) => {
      this.#log(level, message);
      this.#reporter.line({ at: new Date(), level, message });
    };
    this.#reporter = new Reporter({
      db: services.db,
      fence: stage.fence,
      log: this.#log,
      onFailure: (error) => this.#fail(error),
    });
    const directory = join(services.workDir, `${stage.id}-${stage.attempt}`);
    const worked = new Promise<void>((resolve) => {
      this.#worked = resolve;
    });
    this.ended = this.#live(directory);
    this.released = stage.isLight ? this.ended : Promise.race([worked, this.ended]);
    this.cleared = this.ended.then(() => this.#clear(directory));
  }

  /** Asks the attempt to end; it is killed when it has not by the end of the grace. A preempted one tells what it gave way to. */
  stop(reason: StopReason, gaveWayTo: GaveWayTo = "the end of its worker"): void {
    if (this.#stopReason !== null || this.#isOver) return;
    this.#stopReason = reason;
    this.#gaveWayTo = gaveWayTo;
    this.#log("info", reason === "preempted" ? `gives way to ${gaveWayTo}` : `stopping: ${reason}`);
    this.#stopping.abort();
    this.#process?.send({ type: "abort", reason });
    this.#process?.stop(this.#services.settings.stopGraceMs);
  }

  async #live(directory: string): Promise<void> {
    const { db, settings } = this.#services;
    const lease = keepLease({
      db,
      fence: this.stage.fence,
      leaseMs: settings.leaseMs,
      everyMs: settings.heartbeatMs,
      log: this.#log,
      progress: () => this.#progress.current(),
      onCancel: () => this.stop("cancelled"),
      onPreempt: ({ isPaused }) => this.stop("preempted", isPaused ? "a pause of its runs" : "a more urgent stage"),
      onLost: () => this.stop("lost-lease"),
    });
    try {
      // Thousands of light ones may pass in a minute.
      this.#log(this.stage.isLight ? "debug" : "info", "started");
      const failure = await this.#run(directory);
      if (failure === null) this.#log(this.stage.isLight ? "debug" : "info", "succeeded");
      else await this.#recordFailure(failure);
    } catch (error) {
      if (error instanceof LostLeaseError) this.#log("warn", "ended without a result: its lease was lost");
      else this.#log("error", `its end could not be recorded: ${messageOf(error)}`);
    } finally {
      lease.close();
      this.#reporter.close();
    }
  }

  async #clear(directory: string): Promise<void> {
    await rm(directory, { recursive: true, force: true }).catch((error: unknown) =>
      this.#log("warn", `its directory stays: ${messageOf(error)}`),
    );
  }

  /** @returns null when the stage has succeeded, else why not. @throws LostLeaseError */
  async #run(directory: string): Promise<Failure | null> {
    try {
      const end = await this.#runProcess(directory);
      if (this.#lastWord?.type !== "finished") this.#abandoned.abort();
      await Promise.all([this.#requests, this.#codeRecorded]);
      this.#isOver = true;
      this.#worked();
      if (this.#lastWord?.type !== "finished") {
        return failureFrom({
          end,
          lastWord: this.#lastWord,
          stopReason: this.#stopReason,
          gaveWayTo: this.#gaveWayTo,
          hasCheckpoint: this.#hasCheckpoint,
          ownFailure: this.#ownFailure,
          memoryLimitBytes: this.stage.resources.memoryBytes,
          output: this.#output.text(),
        });
      }
      const [missing] = await Promise.all([this.#missingOutput(), this.#reporter.flush()]);
      return missing ?? (await this.#succeed());
    } catch (error) {
      if (error instanceof LostLeaseError) throw error;
      if (this.#ownFailure !== null) return this.#ownFailure;
      if (this.#stopReason === null) return failureOfError(error);
      return failureOfStop(this.#stopReason, { gaveWayTo: this.#gaveWayTo, hasCheckpoint: this.#hasCheckpoint });
    }
  }

  async #runProcess(directory: string): Promise<ProcessEnd> {
    const { store, settings, children } = this.#services;
    const { kind, params, seed, resources, attempt, accumulate } = this.stage;
    const { threads, device } = resources;
    const signal = this.#stopping.signal;
    const files = await fetchAttemptFiles(this.stage, { directory, store, log: this.#tell, signal });
    if (attempt > 1) await this.#rollback(files.checkpoint?.step ?? null);
    signal.throwIfAborted();
    const options = {
      start: { kind, params, seed, threads, device, accumulate, ...files },
      onMessage: (message: MessageFromChild) => outsideCapture(() => this.#receive(message)),
      onLine: (stream: OutputStream, message: string) => {
        this.#output.add(message);
        return this.#reporter.line({ at: new Date(), level: stream === "stderr" ? "warn" : "info", message });
      },
    };
    this.#process = this.stage.isLight
      ? startLightProcess(options)
      : await startAttemptProcess({
          ...options,
          children,
          memoryBytes: resources.memoryBytes,
          memorySampleMs: settings.memorySampleMs,
          onNonsense: ({ message }) =>
            this.#fail(new TypeError(`The attempt's process sent what is no message: ${message}`)),
        });
    this.#codeRecorded = this.#recordCode(this.#process.code);
    // The wish to stop may have come while the process was starting.
    if (signal.aborted) this.#process.stop(settings.stopGraceMs);
    return this.#process.ended;
  }

  /** Never rejects: an attempt whose code is not known is worth its result all the same, and says so. */
  async #recordCode(code: AttemptProcess["code"]): Promise<void> {
    const { db } = this.#services;
    try {
      const state = await code;
      if (state === null) return;
      const recording = { what: "Recording the code", log: this.#log, signal: this.#stopping.signal };
      await persist(() => db.attempts.recordCode(this.stage.fence, state), recording);
    } catch (error) {
      if (error instanceof LostLeaseError) this.stop("lost-lease");
      else this.#tell("warn", `What code this attempt runs is not recorded: ${messageOf(error)}`);
    }
  }

  /** Takes back what dead attempts reported after the step that this one goes on from. */
  async #rollback(fromStep: number | null): Promise<void> {
    const { db } = this.#services;
    const { droppedPoints } = await persist(() => db.metrics.rollback(this.stage.fence, fromStep), {
      what: "Taking back the metrics of an earlier attempt",
      log: this.#log,
      signal: this.#stopping.signal,
    });
    const from = fromStep === null ? "from the start" : `from the checkpoint of step ${fromStep}`;
    this.#tell(
      "info",
      `Attempt ${this.stage.attempt} goes on ${from}; ${droppedPoints} later metric points were taken back`,
    );
  }

  async #succeed(): Promise<null> {
    await this.#services.successes.record({ fence: this.stage.fence, lastOutput: this.#output.text() });
    return null;
  }

  async #missingOutput(): Promise<Failure | null> {
    const { db } = this.#services;
    const { id, kind } = this.stage;
    if (declaredOutputs(kind).every((name) => this.#recorded.has(name))) return null;
    // An attempt that this one goes on from may have left the rest.
    const recorded = await persist(() => db.artifacts.forStage(id), { what: "Reading the artifacts", log: this.#log });
    return missingOutput(
      kind,
      recorded.map(({ name }) => name),
    );
  }

  async #recordFailure(failure: Failure): Promise<void> {
    const { db } = this.#services;
    const { fence } = this.stage;
    // Whoever took the stage has written how this attempt ended.
    if (this.#stopReason === "lost-lease" || !hasBudget(failure)) throw new LostLeaseError(fence);
    // What was reported before the end is kept. That it could not be stored is no reason to lose why the attempt ended.
    await this.#reporter.flush().catch((error: unknown) => this.#log("warn", `reports are lost: ${messageOf(error)}`));
    if (this.#stopReason === "cancelled") {
      await persist(() => db.stages.cancelled(fence), { what: "Recording the cancel", log: this.#log });
      this.#log("info", "cancelled");
      return;
    }
    const decision = this.#decide(failure);
    await persist(() => db.stages.fail(fence, decision.failure, decision), {
      what: "Recording the failure",
      log: this.#log,
    });
    const next = decision.retry ? `again in ${decision.delayMs} ms` : "no further attempt";
    if (failure.kind === "preempted" && decision.retry) this.#log("info", failure.message);
    else this.#log("warn", `failed (${failure.kind}, ${next}): ${failure.message}`);
  }

  /** Another attempt, for want of memory one with smaller micro-batches; the end; or quarantine for what takes down one process after another. */
  #decide(failure: BudgetedFailure): RetryDecision & { failure: Failure; quarantine?: boolean; accumulate?: number } {
    const { earlierFailures } = this.stage;
    const accumulate = failure.kind === "out-of-memory" ? finerMicroBatches(this.stage) : null;
    if (accumulate !== null) return { retry: true, delayMs: 0, failure, accumulate };
    const takedowns = [...earlierFailures, failure].filter(isTakedown).length;
    if (isTakedown(failure) && takedowns >= takedownLimit) {
      return { retry: false, delayMs: 0, failure: quarantineFailure(failure, takedowns), quarantine: true };
    }
    const earlierOfKind = earlierFailures.filter(({ kind }) => kind === failure.kind).length;
    return { ...retryDecision(failure.kind, earlierOfKind), failure };
  }

  #receive(message: MessageFromChild): void {
    if (message.type === "reports") {
      this.#reporter.points(message.points);
      for (const line of message.lines) this.#reporter.line(line);
      if (message.progress !== null) this.#progress.update(message.progress, Date.now());
    } else if (message.type === "request") {
      this.#requests = this.#requests.then(() => this.#answer(message.id, message.request));
    } else {
      this.#lastWord = message;
    }
  }

  async #answer(id: number, request: Request): Promise<void> {
    const { db, store, settings } = this.#services;
    const { fence } = this.stage;
    try {
      await fulfil(request, {
        db,
        store,
        fence,
        reporter: this.#reporter,
        checkpointsKept: settings.checkpointsKept,
        log: this.#log,
        signal: this.#abandoned.signal,
      });
      if (request.type === "artifact") this.#recorded.add(request.name);
      if (request.type === "checkpoint") this.#hasCheckpoint = true;
      this.#process?.send({ type: "reply", id });
    } catch (error) {
      if (error instanceof LostLeaseError) this.stop("lost-lease");
      this.#process?.send({ type: "reply", id, failure: failureOfError(error) });
    }
  }

  /** Something here, not in the stage, makes the attempt pointless. */
  #fail(error: unknown): void {
    if (error instanceof LostLeaseError) {
      this.stop("lost-lease");
      return;
    }
    this.#ownFailure ??= { ...classify(error), kind: "infrastructure" };
    this.#log("error", this.#ownFailure.message);
    this.#stopping.abort();
    this.#process?.stop(this.#services.settings.stopGraceMs);
  }
}

type BudgetedFailure = Failure & { kind: BudgetedKind };

function hasBudget(failure: Failure): failure is BudgetedFailure {
  return failure.kind !== "lost-lease";
}
