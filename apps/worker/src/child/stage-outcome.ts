import {
  classify,
  isStageKind,
  parseParams,
  SpecError,
  type StageKind,
  StoppedError,
  stageDefinitions,
} from "@retort/core";
import type { MessageFromChild, StartMessage, StopReason } from "../runner/messages.ts";
import { type Channel, RequestError } from "./channel.ts";
import { stageContext } from "./context.ts";

export type LastWord = Extract<MessageFromChild, { type: "finished" | "failed" | "stopped" }>;

/** Runs what the message asks for, reporting over the channel. @returns the attempt's last word; never rejects */
export async function stageOutcome(start: StartMessage, channel: Channel, signal: AbortSignal): Promise<LastWord> {
  try {
    if (!isStageKind(start.kind)) throw unknownKind(start.kind);
    const run = await runnerOf(start.kind);
    await run({ start, channel, signal });
    return { type: "finished" };
  } catch (error) {
    if (signal.aborted) return { type: "stopped" };
    if (error instanceof RequestError) return { type: "failed", failure: error.failure };
    if (error instanceof Error) process.stderr.write(`${error.stack}\n`);
    return { type: "failed", failure: classify(error) };
  }
}

interface RunOptions {
  start: StartMessage;
  channel: Channel;
  signal: AbortSignal;
}

type Runner = (options: RunOptions) => Promise<void>;
const runners = new Map<StageKind, Promise<Runner>>();

/** Loaded when it is needed: a worker that has no light stage to run loads nothing of it. Kept: asking the module loader again takes milliseconds. */
function runnerOf(kind: StageKind): Promise<Runner> {
  const runner = runners.get(kind) ?? loadRunner(kind);
  runners.set(kind, runner);
  return runner;
}

async function loadRunner<K extends StageKind>(kind: K): Promise<Runner> {
  const definition = stageDefinitions[kind];
  const { stageRuns } = await import("@retort/core/node");
  const run = await stageRuns[kind]();
  return ({ start, channel, signal }) => {
    const params = parseParams(definition.params, start.params, kind);
    return run(stageContext({ start, definition, params, channel, signal }));
  };
}

/** For the stage's signal. "terminated": somebody else than the worker asks the process to end. */
export function stopError(reason: StopReason | "terminated"): StoppedError {
  return new StoppedError(reason, { mayResume: reason === "preempted" || reason === "terminated" });
}

function unknownKind(kind: string): SpecError {
  return new SpecError({
    code: "UNKNOWN_STAGE",
    message: "This worker does not know the stage kind",
    expected: Object.keys(stageDefinitions).join(", "),
    got: kind,
    fix: "A newer version of Retort planned it: update the worker",
  });
}
