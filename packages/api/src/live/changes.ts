import type { Database, DatabaseEvent } from "@retort/db";

export interface ChangesOptions {
  events: Database["events"];
  isRelevant(event: DatabaseEvent): boolean;
  signal: AbortSignal;
  /** Shortest pause between two signals: what happens in between is one change. */
  minIntervalMs?: number;
  /** A signal is given at least this often, so that a lost notification delays and hides nothing. */
  maxIntervalMs?: number;
}

/** Signals, at once and then whenever something relevant has changed, that it is time to read the rows again. */
export async function* changes(options: ChangesOptions): AsyncGenerator<void> {
  const { events, isRelevant, signal, minIntervalMs = 250, maxIntervalMs = 10_000 } = options;
  const bell = createBell(signal);
  const listening = await events.listen({ onEvent: (event) => isRelevant(event) && bell.ring(), onGap: bell.ring });
  try {
    while (!signal.aborted) {
      bell.reset();
      const earliest = Date.now() + minIntervalMs;
      yield;
      await bell.heard(maxIntervalMs);
      await delay(earliest - Date.now(), signal);
    }
  } finally {
    await listening.close();
  }
}

/** Remembers that it was rung until it is reset; who waits for it is woken. */
function createBell(signal: AbortSignal) {
  let rung = new AbortController();
  const ring = () => rung.abort();
  return {
    ring,
    reset() {
      rung = new AbortController();
    },
    heard: (timeoutMs: number) => delay(timeoutMs, AbortSignal.any([rung.signal, signal])),
  };
}

/** Resolves after so long, or as soon as the signal is aborted. */
function delay(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted || milliseconds <= 0) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", done);
  });
}
