"use client";

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

/** One clock for the page, ticking each second; null while rendering on the server, whose clock and zone differ. */
export function useNow(): Date | null {
  const milliseconds = useSyncExternalStore(
    subscribe,
    () => {
      if (Date.now() - now > 1_500) now = Date.now();
      return now;
    },
    () => 0,
  );
  return milliseconds === 0 ? null : new Date(milliseconds);
}

/** A moment as a distance from now, with the full time in its title. */
export function Ago({ at }: { at: Date }) {
  const current = useNow();
  return (
    <time
      dateTime={at.toISOString()}
      title={current === null ? undefined : formatAbsolute(at)}
      className="numeric whitespace-nowrap"
    >
      {current === null ? "" : formatWhen(at, current)}
    </time>
  );
}

/** The time between start and end, or until now while it lasts. */
export function Elapsed({ from, to }: { from: Date | null; to: Date | null }) {
  const current = useNow();
  if (from === null) return <span className="text-ink-3">–</span>;
  const end = to ?? current;
  return (
    <span className="numeric whitespace-nowrap">
      {end === null ? "" : formatDuration(end.getTime() - from.getTime())}
    </span>
  );
}

/** The time left by an estimate made at a moment, counted down between estimates. */
export function TimeLeft({ seconds }: { seconds: number }) {
  const [madeAt, setMadeAt] = useState(() => Date.now());
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new estimate restarts the countdown
  useEffect(() => setMadeAt(Date.now()), [seconds]);
  const current = useNow();
  const left = Math.max(0, seconds * 1_000 - Math.max(0, (current?.getTime() ?? madeAt) - madeAt));
  return (
    <span className="numeric whitespace-nowrap">
      {left < 1_000 ? "finishing" : `${formatDuration(Math.ceil(left / 1_000) * 1_000)} left`}
    </span>
  );
}
