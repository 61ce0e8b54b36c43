// [node]
import { Worker } from "node:worker_threads";
import { RetortError, type Tensor } from "@retort/engine";
import { DataError, SpecError } from "../base/errors.ts";
import type { Command, PortableError, Report } from "./prefetch-worker.ts";

/** Named tensors of one step, as the train step takes them. */
export type Batch = Record<string, Tensor>;

/** Makes batches. Batch `index` depends on the options and the index alone, so a resumed run sees what it would have seen. */
export interface BatchProducer {
  batch(index: number): Promise<Batch> | Batch;
}

/** What a producer module exports under this name. Called once, in the worker thread. */
export interface BatchProducerModule {
  createBatchProducer(options: unknown): Promise<BatchProducer> | BatchProducer;
}

export interface PrefetchOptions {
  /** Module that exports `createBatchProducer`: new URL("./vqa-batches.ts", import.meta.url). */
  module: URL;
  /** Passed to the producer; must survive structuredClone (no functions). */
  options: unknown;
  /** Batches that are prepared before they are asked for. */
  ahead?: number;
  /** Index of the first batch: the cursor of a checkpoint. */
  start?: number;
  signal?: AbortSignal;
}

export interface Prefetcher {
  /** The batch at the cursor; the cursor moves on. Buffers belong to the caller. @throws what the producer threw. */
  next(): Promise<Batch>;
  /** Index of the batch that next() gives: store it in the checkpoint. */
  readonly cursor: number;
  /** Ends the thread. Idempotent. */
  close(): Promise<void>;
}

/**
 * Prepares batches in a worker thread, so that they become ready while the main thread is blocked in a synchronous run.
 * Whoever creates it closes it.
 */
export function createPrefetcher(settings: PrefetchOptions): Prefetcher {
  const ahead = settings.ahead ?? 2;
  let cursor = settings.start ?? 0;
  // The JavaScript entry registers the TypeScript loader: Node 20 hands `--import tsx` on to threads, where it has no effect.
  const worker = new Worker(new URL("./prefetch-entry.mjs", import.meta.url), {
    workerData: { module: settings.module.href, options: settings.options },
    name: "retort-prefetch",
  });
  worker.unref();

  const ready = new Map<number, Batch>();
  const waiting = new Map<number, { resolve(batch: Batch): void; reject(reason: unknown): void }>();
  let failure: unknown = null;
  let requested = cursor;

  const request = () => {
    while (requested < cursor + ahead) worker.postMessage({ index: requested++ } satisfies Command);
  };
  const fail = (reason: unknown) => {
    failure ??= reason;
    for (const { reject } of waiting.values()) reject(failure);
    waiting.clear();
  };
  worker.on("message", (report: Report) => {
    if (report.kind === "error") return fail(foreign(report));
    if (report.kind === "retort-error") return fail(revive(report.error));
    const taker = waiting.get(report.index);
    waiting.delete(report.index);
    if (taker) taker.resolve(report.batch);
    else ready.set(report.index, report.batch);
  });
  worker.on("error", fail);
  worker.on("exit", (code) => fail(new Error(`The batch thread of ${settings.module.href} ended with code ${code}`)));
  const onAbort = () => {
    fail(settings.signal?.reason);
    void worker.terminate();
  };
  settings.signal?.addEventListener("abort", onAbort, { once: true });
  if (settings.signal?.aborted) onAbort();
  else request();

  return {
    get cursor() {
      return cursor;
    },
    async next() {
      const index = cursor;
      const batch = ready.get(index);
      // A failed batch fails the run only once the run has come to it: what was prepared before is still good.
      if (batch === undefined && failure !== null) throw failure;
      cursor = index + 1;
      if (failure === null) request();
      if (batch !== undefined) {
        ready.delete(index);
        return batch;
      }
      worker.ref();
      try {
        return await new Promise<Batch>((resolve, reject) => waiting.set(index, { resolve, reject }));
      } finally {
        if (waiting.size === 0) worker.unref();
      }
    },
    async close() {
      settings.signal?.removeEventListener("abort", onAbort);
      fail(new Error("The prefetcher was closed"));
      ready.clear();
      await worker.terminate();
    },
  };
}

const FAMILIES = { data: DataError, spec: SpecError, other: RetortError };

function revive({ family, message, ...details }: PortableError): RetortError {
  const error = new FAMILIES[family]({ message, ...details });
  // The message that came is already the whole sentence.
  error.message = message;
  return error;
}

function foreign({ name, message, stack }: Extract<Report, { kind: "error" }>): Error {
  return Object.assign(new Error(message), { name, stack });
}
