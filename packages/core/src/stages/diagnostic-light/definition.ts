import { z } from "zod";
import type { StageDefinition } from "../stage.ts";

export const diagnosticLightParams = z.strictObject({
  index: z.int().min(0).default(0).describe("Any number: stages that differ in it are different work"),
  waitMs: z.number().min(0).max(600_000).default(0).describe("Time to wait, in milliseconds"),
  points: z.int().min(0).max(100_000).default(0).describe("Metric points to report"),
  printLines: z.int().min(0).max(100_000).default(0).describe("Lines to print"),
  failure: z
    .enum(["none", "user-error", "unexpected-error", "ignore-abort"])
    .default("none")
    .describe("How to fail, to see what the platform makes of it"),
});
export type DiagnosticLightParams = z.infer<typeof diagnosticLightParams>;

/** Does next to nothing: shows what the platform itself costs a stage, and what a light stage may do. */
export const diagnosticLight = {
  kind: "diagnostic-light",
  version: 1,
  title: "Light diagnostic",
  light: true,
  params: diagnosticLightParams,
  inputs: {},
  outputs: {},
  resources: () => ({ device: "cpu", threads: 1, memoryBytes: 64 * 2 ** 20 }),
  data: () => null,
} satisfies StageDefinition<DiagnosticLightParams>;
