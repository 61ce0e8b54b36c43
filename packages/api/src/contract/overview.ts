import { z } from "zod";
import { cost } from "./cost.ts";
import { runStatus, runSummary } from "./run.ts";
import { worker } from "./worker.ts";

export const overview = z.object({
  runCounts: z.record(runStatus, z.number().int()),
  recentRuns: z.array(runSummary),
  workers: z.array(worker),
  /** Of everything so far. */
  cost,
});
export type Overview = z.infer<typeof overview>;
