import type { Run } from "@retort/api";
import type { Retort } from "@retort/api/client";
import { untilInterrupted } from "./interrupt.ts";
import { createProgressView } from "./progress-view.ts";
import type { ProgressView } from "./view.ts";

/** Follows runs to their end, showing a progress bar a stage on stderr. */
export async function watchRuns(
  retort: Retort,
  runIds: readonly string[],
): Promise<{ runs: Run[]; interrupted: boolean }> {
  const view = await createProgressView({ isSingleRun: runIds.length === 1 });
  try {
    const { result, interrupted } = await untilInterrupted((signal) =>
      Promise.all(runIds.map((runId) => watchRun(retort, runId, { view, signal }))),
    );
    return { runs: result.filter((run) => run !== null), interrupted };
  } finally {
    view.close();
  }
}

/** The run's last snapshot; null when it was interrupted before the first. */
function watchRun(
  retort: Retort,
  runId: string,
  { view, signal }: { view: ProgressView; signal: AbortSignal },
): Promise<Run | null> {
  return new Promise((resolve, reject) => {
    let newest: Run | null = null;
    let wasBroken = false;
    const subscription = retort.runs.live.subscribe(
      { runId },
      {
        onData({ data }) {
          newest = data;
          view.update(data);
        },
        onConnectionStateChange({ state, error }) {
          const isBroken = state === "connecting" && error !== null;
          if (isBroken && !wasBroken)
            view.note("The connection broke; trying again (Ctrl-C stops watching, not the run)");
          wasBroken = isBroken;
        },
        onError: reject,
        onComplete: () => resolve(newest),
      },
    );
    signal.addEventListener("abort", () => {
      subscription.unsubscribe();
      resolve(newest);
    });
  });
}
