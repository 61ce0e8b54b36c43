import { z } from "zod";
import type { StageDefinition } from "../stage.ts";
import { landscapeParams } from "./landscape.ts";

export const diagnosticFailures = [
  "none",
  "user-error",
  "data-error",
  "unexpected-error",
  "nan",
  "exit",
  "abort",
  "out-of-memory",
  "hang",
  "ignore-abort",
] as const;

export const diagnosticParams = z.strictObject({
  steps: z.int().min(1).max(1_000_000).default(20).describe("Steps of work, one metric point each"),
  stepMs: z.number().min(0).max(60_000).default(50).describe("Time that a step takes, in milliseconds"),
  load: z
    .enum(["busy", "idle"])
    .default("busy")
    .describe("busy keeps a core at work for the time of a step; idle waits"),
  device: z.string().default("cpu").describe("Execution provider that the worker must have"),
  threads: z.int().min(1).max(1024).default(1).describe("Threads to reserve"),
  memoryMb: z.int().min(64).default(512).describe("Memory limit in MiB; the attempt is stopped beyond it"),
  allocateMb: z.int().min(0).default(0).describe("Memory to fill before the first step, in MiB"),
  printLines: z.int().min(0).default(0).describe("Lines to print before the first step, as fast as they are taken"),
  checkpointEvery: z.int().min(0).default(0).describe("Steps between checkpoints; 0 for none"),
  failure: z.enum(diagnosticFailures).default("none").describe("How to fail, to see what the platform makes of it"),
  failAtStep: z.int().min(0).default(0).describe("Steps to finish before failing"),
  failWhen: z
    .enum(["always", "without-checkpoint"])
    .default("always")
    .describe("without-checkpoint: an attempt that resumes does not fail again"),
  landscape: landscapeParams
    .nullable()
    .default(null)
    .describe("Reports a score that its coordinates decide, for trying out sweeps; null for none"),
});
export type DiagnosticParams = z.infer<typeof diagnosticParams>;

/** Checks an installation from claim to artifact: it takes time and memory, reports as training does, and fails on demand. */
export const diagnostic = {
  kind: "diagnostic",
  version: 1,
  title: "Diagnostic",
  params: diagnosticParams,
  inputs: {},
  outputs: { report: { description: "JSON: steps done and the digest of the work, the same on every machine" } },
  resources: ({ device, threads, memoryMb }) => ({ device, threads, memoryBytes: memoryMb * 2 ** 20 }),
  data: () => null,
} satisfies StageDefinition<DiagnosticParams>;
