import type { Database } from "@retort/db";
import type { Run, RunStatus, RunSummary } from "../contract/run.ts";

export interface RunQuery {
  projectId?: string | undefined;
  status?: RunStatus | undefined;
  recipe?: string | undefined;
  limit: number;
  cursor?: string | null | undefined;
}

export declare function listRuns(
  db: Database,
  query: RunQuery,
): Promise<{ runs: RunSummary[]; nextCursor: string | null }>;

/** @throws NotFoundError UNKNOWN_RUN */
export declare function findRun(db: Database, runId: string): Promise<Run>;
