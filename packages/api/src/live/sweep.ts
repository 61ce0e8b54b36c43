import type { Database } from "@retort/db";
import type { Sweep } from "../contract/sweep.ts";
import { findSweep } from "../views/sweep.ts";
import { changes } from "./changes.ts";

/** A sweep is read whole: not more often than a person looks. */
const minIntervalMs = 1_000;

/**
 * The sweep as it is, and again whenever it has changed, until it has ended. @throws NotFoundError
 */
export async function* sweepSnapshots(
  db: Database,
  { sweepId, signal }: { sweepId: string; signal: AbortSignal },
): AsyncGenerator<{ id: string; sweep: Sweep }> {
  let told = "";
  let count = 0;
  // Which runs are the sweep's changes as it goes: any run may be one.
  const isRelevant = ({ type, id }: { type: string; id: string }) =>
    type === "run" || (type === "sweep" && id === sweepId);
  for await (const _ of changes({ events: db.events, isRelevant, signal, minIntervalMs })) {
    const sweep = await findSweep(db, sweepId);
    const { secondsLeft: _left, deviceSeconds: _seconds, ...state } = sweep;
    const news = JSON.stringify(state);
    if (news !== told) yield { id: String(count++), sweep };
    told = news;
    const isOver = sweep.status !== "running" && sweep.status !== "paused";
    if (isOver && sweep.counts.running === 0) return;
  }
}
