import type { Sweep } from "@retort/api";
import type { Retort } from "@retort/api/client";
import { duration } from "../output/quantity.ts";
import { describeBest, describeCounts } from "../output/sweep.ts";
import { untilInterrupted } from "./interrupt.ts";

/** Follows sweeps to their end, telling on stderr what has changed. */
export async function watchSweeps(
  retort: Retort,
  sweepIds: readonly string[],
): Promise<{ sweeps: Sweep[]; interrupted: boolean }> {
  const { result, interrupted } = await untilInterrupted((signal) =>
    Promise.all(sweepIds.map((sweepId) => watchSweep(retort, sweepId, signal))),
  );
  return { sweeps: result.filter((sweep) => sweep !== null), interrupted };
}

/** The sweep's last snapshot; null when it was interrupted before the first. */
function watchSweep(retort: Retort, sweepId: string, signal: AbortSignal): Promise<Sweep | null> {
  return new Promise((resolve, reject) => {
    let newest: Sweep | null = null;
    let told = "";
    let wasBroken = false;
    const subscription = retort.sweeps.live.subscribe(
      { sweepId },
      {
        onData({ data }) {
          newest = data;
          const line = describeProgress(data);
          if (line !== told) process.stderr.write(`${line}${timeLeft(data)}\n`);
          told = line;
        },
        onConnectionStateChange({ state, error }) {
          const isBroken = state === "connecting" && error !== null;
          if (isBroken && !wasBroken)
            process.stderr.write("The connection broke; trying again (Ctrl-C stops watching only)\n");
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

function describeProgress(sweep: Sweep): string {
  const { counts, numTrials, waiting } = sweep;
  const done = counts.succeeded + counts.failed + counts.pruned + counts.cancelled;
  const waits = waiting.map(({ reason, numStages }) => `; ${numStages} stages wait: ${reason}`).join("");
  return `${sweep.name}: ${done}/${numTrials ?? "?"} (${describeCounts(counts)}); best ${describeBest(sweep)}${waits}`;
}

function timeLeft({ secondsLeft }: Sweep): string {
  return secondsLeft === null || secondsLeft === 0 ? "" : `; about ${duration(secondsLeft)} left`;
}
