import type { Database } from "@retort/db";

export interface ChangesOptions {
  events: Database["events"];
  isRelevant(event: { type: string; id: string }): boolean;
  signal: AbortSignal;
  /** Shortest pause between two signals: what happens in between is one change. */
  minIntervalMs?: number;
  /** A signal is given at least this often, so that a notification lost while a connection broke delays and hides nothing. */
  maxIntervalMs?: number;
}

/** Signals, at once and then whenever something relevant has changed, that it is time to read the rows again. */
export async function* changes(options: ChangesOptions): AsyncGenerator<void> {
  const { events, isRelevant, signal, minIntervalMs = 250, maxIntervalMs = 10_000 } = options;
  let wake: () => void = () => {};
  let isDirty = true;
  const stop = await events.listen((event) => {
    if (!isRelevant(event)) return;
    isDirty = true;
    wake();
  });
  signal.addEventListener("abort", () => wake());
  try {
    while (!signal.aborted) {
      if (!isDirty) await sleep(maxIntervalMs);
      if (signal.aborted) return;
      isDirty = false;
      yield;
      await pause(minIntervalMs);
    }
  } finally {
    await stop();
  }

  async function pause(milliseconds: number): Promise<void> {
    const wasDirty = isDirty;
    const until = Date.now() + milliseconds;
    while (Date.now() < until && !signal.aborted) await sleep(until - Date.now());
    isDirty ||= wasDirty;
  }

  function sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
