import { z } from "zod";
import { cost } from "./cost.ts";
import { runStatus, runSummary } from "./run.ts";
import { worker } from "./worker.ts";

export const overview = z.object({
  runCounts: z.record(runStatus, z.number().int()),
  /** What runs before what waits, and that before what is paused; of each the newest first. A few: runCounts has them all. */
  liveRuns: z.array(runSummary),
  /** The last few that were launched, of those that have ended. */
  endedRuns: z.array(runSummary),
  workers: z.array(worker),
  /** Of everything so far. */
  cost,
});
export type Overview = z.infer<typeof overview>;
