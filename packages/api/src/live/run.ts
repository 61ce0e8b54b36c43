import type { Database } from "@retort/db";
import type { Run } from "../contract/run.ts";
import { findRun } from "../views/run.ts";
import { changes } from "./changes.ts";

/**
 * The run as it is, and again whenever it has changed, until it has finished. A snapshot is complete, so a reconnect
 * needs no position; its id only counts.
 * @throws NotFoundError
 */
export async function* runSnapshots(
  db: Database,
  { runId, signal }: { runId: string; signal: AbortSignal },
): AsyncGenerator<{ id: string; run: Run }> {
  let stageIds = new Set<string>();
  let told = "";
  let count = 0;
  const isRelevant = ({ type, id }: { type: string; id: string }) =>
    (type === "run" && id === runId) || ((type === "stage" || type === "report") && stageIds.has(id));
  for await (const _ of changes({ events: db.events, isRelevant, signal })) {
    const run = await findRun(db, runId);
    stageIds = new Set(run.stages.map(({ id }) => id));
    const news = JSON.stringify(run);
    if (news !== told) yield { id: String(count++), run };
    told = news;
    if (run.finishedAt !== null) return;
  }
}
