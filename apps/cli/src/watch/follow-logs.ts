import type { LogLine } from "@retort/api";
import type { Retort } from "@retort/api/client";
import { untilInterrupted } from "./interrupt.ts";

/** Calls onLine for every line of the stages, from the first on, until all have finished. @returns true after Ctrl-C */
export async function followLogs(
  retort: Retort,
  sources: readonly { id: string; onLine(line: LogLine): void }[],
): Promise<boolean> {
  const { interrupted } = await untilInterrupted((signal) =>
    Promise.all(
      sources.map(
        ({ id, onLine }) =>
          new Promise<void>((resolve, reject) => {
            const subscription = retort.stages.live.subscribe(
              { stageId: id },
              { signal, onData: ({ data }) => data.logs.forEach(onLine), onError: reject, onComplete: resolve },
            );
            signal.addEventListener("abort", () => {
              subscription.unsubscribe();
              resolve();
            });
          }),
      ),
    ),
  );
  return interrupted;
}
