import { Channel } from "../child/channel.ts";
import { stageOutcome, stopError } from "../child/stage-outcome.ts";
import type { AttemptListener, AttemptProcess, ProcessEnd, StartOptions } from "./attempt-process.ts";
import { captureOutput } from "./light-output.ts";

export interface LightProcessOptions extends Omit<AttemptListener, "onNonsense"> {
  start: StartOptions;
}

/**
 * Runs an attempt of a light stage within the worker: nothing is started, so it costs milliseconds. It speaks the same messages as a
 * process does. What it prints is the stage's output; what it throws ends the attempt; one that does not give way is left behind.
 */
export function startLightProcess({ start, onMessage, onLine }: LightProcessOptions): AttemptProcess {
  const aborting = new AbortController();
  let isLeftBehind = false;
  const channel = new Channel((message, sent) => {
    if (!isLeftBehind) onMessage(message);
    sent?.();
  });
  let killTimer: NodeJS.Timeout | undefined;
  let leaveBehind = (_end: ProcessEnd) => {};
  const left = new Promise<ProcessEnd>((resolve) => {
    leaveBehind = resolve;
  });

  const finished = captureOutput(
    async () => {
      const lastWord = await stageOutcome({ type: "start", ...start, endMark: "none" }, channel, aborting.signal);
      await channel.end(lastWord);
    },
    (stream, line) => (isLeftBehind ? undefined : onLine(stream, line)),
  ).then(() => ({ ...end, exitCode: 0 }));

  return {
    pid: process.pid,
    code: Promise.resolve(null),
    ended: Promise.race([finished, left]).finally(() => clearTimeout(killTimer)),
    send(message) {
      if (message.type === "reply") channel.reply(message);
      else if (message.type === "abort") aborting.abort(stopError(message.reason));
    },
    stop(graceMs) {
      aborting.abort(stopError("terminated"));
      killTimer ??= setTimeout(() => {
        isLeftBehind = true;
        leaveBehind({ ...end, signal: "SIGKILL" });
      }, graceMs);
    },
  };
}

const end: ProcessEnd = {
  exitCode: null,
  signal: null,
  peakMemoryBytes: 0,
  exceededMemory: false,
  kernelKilled: false,
};
