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
