import { z } from "zod";
import type { StageDefinition } from "../stage.ts";

export const diagnosticCheckParams = z.strictObject({
  steps: z.int().min(1).describe("Steps that the report must tell of"),
  device: z.string().default("cpu").describe("Execution provider that the worker must have"),
});
export type DiagnosticCheckParams = z.infer<typeof diagnosticCheckParams>;

/** Takes the report of a diagnostic, which another machine may have made, and checks that it arrived whole. */
export const diagnosticCheck = {
  kind: "diagnostic-check",
  version: 1,
  title: "Check of a diagnostic",
  params: diagnosticCheckParams,
  inputs: { report: { description: "The report of a diagnostic with the same seed" } },
  outputs: { checks: { description: "JSON: each check and whether it holds" } },
  resources: ({ device }) => ({ device, threads: 1, memoryBytes: 512 * 2 ** 20 }),
  data: () => null,
} satisfies StageDefinition<DiagnosticCheckParams>;
