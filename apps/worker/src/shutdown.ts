import type { Log } from "./log.ts";

export interface ShutdownOptions {
  /** Ends everything in order. */
  stop(): Promise<void>;
  /** When stop() takes longer, something hangs. */
  deadlineMs: number;
  log: Log;
}

/**
 * Ends the process on SIGTERM, SIGINT or SIGHUP: in order, with exit code 0. A second signal, or the deadline, ends it at once with 1: leases run
 * out by themselves, and what was running is taken up by others.
 */
export function shutDownOnSignal({ stop, deadlineMs, log }: ShutdownOptions): void {
  let isStopping = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (isStopping) {
      log("warn", `${signal} again: ending at once`);
      process.exit(1);
    }
    isStopping = true;
    log("info", `${signal}: stopping`);
    setTimeout(() => {
      log("error", "stopping took too long");
      process.exit(1);
    }, deadlineMs).unref();
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log("error", `stopping failed: ${error instanceof Error ? error.stack : String(error)}`);
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
  process.on("SIGHUP", onSignal);
}
