"use client";

import type { Clock } from "@retort/api";
import { useEffect, useState, useSyncExternalStore } from "react";
import { formatDuration } from "../format/duration.ts";
import { formatAbsolute, formatWhen } from "../format/when.ts";

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let now = 0;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, 1_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** The second in which the page is rendered on the server, and again while it comes alive in the browser. */
const whileRendering = () => Math.floor(Date.now() / 1_000) * 1_000;

/** One clock for the page, ticking each second. What shows it may differ by a second from what the server sent. */
export function useNow(): Date {
  const milliseconds = useSyncExternalStore(
    subscribe,
    () => {
      if (Date.now() - now > 1_500) now = Date.now();
      return now;
    },
    whileRendering,
  );
  return new Date(milliseconds);
}

/** A moment as a distance from now, with the full time in its title. */
export function Ago({ at }: { at: Date }) {
  return (
    <time
      dateTime={at.toISOString()}
      // The reader's zone, which the server does not know.
      onPointerEnter={({ currentTarget }) => {
        currentTarget.title = formatAbsolute(at);
      }}
      className="numeric whitespace-nowrap"
      suppressHydrationWarning
    >
      {formatWhen(at, useNow())}
    </time>
  );
}

/** The time between start and end, or until now while it lasts. */
export function Elapsed({ from, to }: { from: Date | null; to: Date | null }) {
  const current = useNow();
  if (from === null) return <span className="text-ink-3">–</span>;
  return (
    <span className="numeric whitespace-nowrap" suppressHydrationWarning>
      {formatDuration((to ?? current).getTime() - from.getTime())}
    </span>
  );
}

/** What something took, or has taken so far; says so when it stands still. */
export function ActiveTime({ clock, isPaused }: { clock: Clock | null; isPaused: boolean }) {
  return (
    <>
      <Elapsed from={clock?.from ?? null} to={clock?.to ?? null} />
      {clock !== null && isPaused && <span className="text-ink-3">, paused</span>}
    </>
  );
}

/** The time left by an estimate made at a moment, counted down between estimates. */
export function TimeLeft({ seconds }: { seconds: number }) {
  const [madeAt, setMadeAt] = useState(() => Date.now());
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new estimate restarts the countdown
  useEffect(() => setMadeAt(Date.now()), [seconds]);
  const current = useNow();
  const left = Math.max(0, seconds * 1_000 - Math.max(0, current.getTime() - madeAt));
  return (
    <span className="numeric whitespace-nowrap" suppressHydrationWarning>
      {left < 1_000 ? "finishing" : `${formatDuration(Math.ceil(left / 1_000) * 1_000)} left`}
    </span>
  );
}
