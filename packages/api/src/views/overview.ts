import type { Database } from "@retort/db";
import type { Overview } from "../contract/overview.ts";
import { listRuns } from "./run.ts";

const numRecentRuns = 10;

export async function readOverview(db: Database): Promise<Overview> {
  const [runCounts, recent, workers, cost] = await Promise.all([
    db.runs.countByStatus(),
    listRuns(db, { limit: numRecentRuns, metricKeys: ["loss"] }),
    db.workers.list(),
    db.costs.total(),
  ]);
  return { runCounts, recentRuns: recent.runs, workers, cost };
}
