import { z } from "zod";

export const threadsParam = (threads: number) =>
  z
    .int()
    .min(1)
    .max(256)
    .default(threads)
    .describe("CPU threads of the computation; other thread counts give other last digits");

export const deviceParam = z
  .enum(["cpu", "cuda", "webgpu", "dml", "coreml"])
  .default("cpu")
  .describe("Execution provider; a worker that has it takes the stage");

/** GiB as bytes; `usual` where none are given. */
export const memoryBytesOf = (memoryGib: number | null | undefined, usual: number): number =>
  Math.round((memoryGib ?? usual) * 2 ** 30);

export const memoryGibParam = z
  .number()
  .min(1)
  .max(4096)
  .nullable()
  // Left out it means null: parameters from before there was a choice keep their key.
  .optional()
  .describe(
    "GiB that an attempt may take before it is ended; empty: 12 with imported towers, else as much as small ones need. CLIP-ADA frozen, a " +
      "picture a step, takes 4 with ViT-B/16 and 10 with ViT-L/14 at 336 px",
  );
