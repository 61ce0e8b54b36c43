import { type Database, type Fence, LostLeaseError, type StageProgress } from "@retort/db";
import type { Log } from "../log.ts";
import { messageOf } from "../persistence.ts";

export interface LeaseOptions {
  db: Pick<Database, "stages">;
  fence: Fence;
  leaseMs: number;
  everyMs: number;
  log: Log;
  progress(): StageProgress | undefined;
  onCancel(): void;
  /** isPaused: since its runs are paused; else since a more urgent stage needs its room. */
  onPreempt(wish: { isPaused: boolean }): void;
  onLost(): void;
}

/** Prolongs an attempt's lease until closed; with each beat goes the progress, and back comes the wish to stop. */
export function keepLease(options: LeaseOptions): { close(): void } {
  const { db, fence, leaseMs, everyMs, log, progress, onCancel, onPreempt, onLost } = options;
  let isClosed = false;
  let timer = setTimeout(beat, everyMs);

  async function beat(): Promise<void> {
    try {
      const wishes = await db.stages.heartbeat(fence, { leaseMs, progress: progress() });
      if (isClosed) return;
      if (wishes.cancelRequested) onCancel();
      else if (wishes.preemptRequested) onPreempt(wishes);
    } catch (error) {
      if (isClosed) return;
      if (error instanceof LostLeaseError) return onLost();
      // The attempt goes on: as long as nobody else has claimed the stage its writes are accepted, and when somebody has, they are not.
      log("warn", `a heartbeat failed: ${messageOf(error)}`);
    }
    if (!isClosed) timer = setTimeout(beat, everyMs);
  }

  return {
    close: () => {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}
