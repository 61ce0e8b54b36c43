import type { Clock } from "../contract/clock.ts";

interface Course {
  startedAt: Date | null;
  /** Kept by what is cancelled while it is paused: it had stopped then. */
  pausedAt: Date | null;
  /** For how long it stood still before it last went on. */
  pausedSeconds: number;
  finishedAt: Date | null;
}

/** Null before the start. */
export function clockOf({ startedAt, pausedAt, pausedSeconds, finishedAt }: Course): Clock | null {
  if (startedAt === null) return null;
  const from = new Date(startedAt.getTime() + pausedSeconds * 1000);
  const to = pausedAt ?? finishedAt;
  // Paused before a stage that it shares was begun for another run.
  return { from, to: to === null || to > from ? to : from };
}
