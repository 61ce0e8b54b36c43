import { type RunStatus, runStatuses } from "@retort/core";
import type { Database, RunQuery } from "@retort/db";
import type { Overview } from "../contract/overview.ts";
import { summarizeRuns } from "./run.ts";

/** How many runs each of the two lists has at most. */
const numShown = 10;

const liveStatuses: readonly RunStatus[] = ["running", "queued"];
const endedStatuses = runStatuses.filter((status) => !liveStatuses.includes(status));

// Each is asked for by itself: in a list of the newest runs of any kind, a few that wait would hide all that run.
const liveQueries: readonly RunQuery[] = [
  { status: "running", isPaused: false },
  { status: "queued", isPaused: false },
  { status: liveStatuses, isPaused: true },
];

export async function readOverview(db: Database): Promise<Overview> {
  const [runCounts, [ended, ...live], workers, cost] = await Promise.all([
    db.runs.countByStatus(),
    Promise.all(
      [{ status: endedStatuses }, ...liveQueries].map((query) =>
        db.runs.list({ ...query, limit: numShown, metricKeys: ["loss"] }),
      ),
    ),
    db.workers.list(),
    db.costs.total(),
  ]);
  const liveRuns = live.flatMap(({ runs }) => runs).slice(0, numShown);
  const runs = await summarizeRuns(db, [...liveRuns, ...ended!.runs]);
  return { runCounts, liveRuns: runs.slice(0, liveRuns.length), endedRuns: runs.slice(liveRuns.length), workers, cost };
}
