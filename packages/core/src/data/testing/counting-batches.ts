import { DataError } from "../../base/errors.ts";
import type { BatchProducer } from "../prefetch.ts";

interface CountingOptions {
  seed: number;
  workMs?: number;
  failAt?: number;
  refuse?: boolean;
  /** Int32 that counts the batches made. */
  counter?: SharedArrayBuffer;
}

/** The smallest producer, for the tests of prefetch.ts: batch i holds the seed and i. */
export function createBatchProducer(options: CountingOptions): BatchProducer {
  if (options.refuse) throw new Error("no producer today");
  return {
    batch(index) {
      if (index === options.failAt) {
        throw new DataError({ code: "DATA_EMPTY", message: "Nothing left", where: `batch ${index}` });
      }
      const until = performance.now() + (options.workMs ?? 0);
      while (performance.now() < until) {}
      if (options.counter) Atomics.add(new Int32Array(options.counter), 0, 1);
      return {
        ids: { dtype: "int64", shape: [2], data: BigInt64Array.of(BigInt(options.seed), BigInt(index)) },
        pixels: { dtype: "float32", shape: [1], data: Float32Array.of(index / 2) },
      };
    },
  };
}
