// [node] The batch thread of prefetch.ts: answers { index } with the batch of that index, one after the other.
import { parentPort, workerData } from "node:worker_threads";
import { RetortError } from "@retort/engine";
import { DataError, SpecError } from "../base/errors.ts";
import type { Batch, BatchProducerModule } from "./prefetch.ts";

export interface Command {
  index: number;
}

export type Report =
  | { kind: "batch"; index: number; batch: Batch }
  | { kind: "error"; name: string; message: string; stack: string | undefined }
  | { kind: "retort-error"; error: PortableError };

/** structuredClone keeps neither an error's class nor its fields, and of some errors not even the message. */
export interface PortableError {
  family: "data" | "spec" | "other";
  code: string;
  message: string;
  expected: string | undefined;
  got: string | undefined;
  where: string | undefined;
  fix: string | undefined;
}

const port = parentPort;
if (port === null) throw new Error("prefetch-worker.ts is the entry of a worker thread");

const { module, options } = workerData as { module: string; options: unknown };
const producer = import(module).then((loaded: BatchProducerModule) => loaded.createBatchProducer(options));
// Awaited with the first command; until then a rejection is nobody's yet.
producer.catch(() => undefined);

let last: Promise<void> = Promise.resolve();
port.on("message", ({ index }: Command) => {
  last = last.then(async () => {
    try {
      const batch = await (await producer).batch(index);
      const buffers = new Set(Object.values(batch).map(({ data }) => data.buffer as ArrayBuffer));
      port.postMessage({ kind: "batch", index, batch } satisfies Report, [...buffers]);
    } catch (error) {
      port.postMessage(reportOf(error));
    }
  });
});

function reportOf(error: unknown): Report {
  if (!(error instanceof RetortError)) {
    if (!(error instanceof Error)) return { kind: "error", name: "Error", message: String(error), stack: undefined };
    return { kind: "error", name: error.name, message: error.message, stack: error.stack };
  }
  const { code, message, expected, got, where, fix } = error;
  const family = error instanceof DataError ? "data" : error instanceof SpecError ? "spec" : "other";
  return { kind: "retort-error", error: { family, code, message, expected, got, where, fix } };
}
