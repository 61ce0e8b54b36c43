import type { Database } from "@retort/db";
import type { Run } from "../contract/run.ts";

export declare function runSnapshots(
  db: Database,
  options: { runId: string; lastEventId?: string | null | undefined; signal: AbortSignal },
): AsyncGenerator<{ id: string; run: Run }>;
