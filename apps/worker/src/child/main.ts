import { classify, isStageKind, parseParams, SpecError, type StageKind, stageDefinitions } from "@retort/core";
import { stageRuns } from "@retort/core/node";
import { type MessageFromChild, messageToChild, type StartMessage } from "../runner/messages.ts";
import { Channel, RequestError } from "./channel.ts";
import { stageContext } from "./context.ts";
import { volunteerForOomKill } from "./oom-score.ts";
import { outputWritten, writeOutputAtOnce } from "./output.ts";
import { watchParent } from "./parent-watch.ts";

// The process of one attempt: its worker starts it, tells it what to run over the channel, and outlives whatever happens here.

const channel = new Channel();
const aborting = new AbortController();

watchParent();
volunteerForOomKill();
writeOutputAtOnce();
// Nobody is left to report to.
process.once("disconnect", () => process.exit(1));
process.on("SIGTERM", () => abort("terminated"));
process.on("message", (raw) => {
  const message = messageToChild.parse(raw);
  if (message.type === "reply") channel.reply(message);
  else if (message.type === "abort") abort(message.reason);
  else void runAttempt(message);
});

async function runAttempt(start: StartMessage): Promise<void> {
  await channel.end(await outcomeOf(start));
  await outputWritten();
  process.exit(0);
}

async function outcomeOf(start: StartMessage): Promise<MessageFromChild> {
  try {
    if (!isStageKind(start.kind)) throw unknownKind(start.kind);
    await runStage(start.kind, start);
    return { type: "finished" };
  } catch (error) {
    if (aborting.signal.aborted) return { type: "stopped" };
    if (error instanceof RequestError) return { type: "failed", failure: error.failure };
    if (error instanceof Error) process.stderr.write(`${error.stack}\n`);
    return { type: "failed", failure: classify(error) };
  }
}

async function runStage<K extends StageKind>(kind: K, start: StartMessage): Promise<void> {
  const definition = stageDefinitions[kind];
  const params = parseParams(definition.params, start.params, kind);
  const run = await stageRuns[kind]();
  await run(stageContext({ start, definition, params, channel, signal: aborting.signal }));
}

function abort(reason: string): void {
  aborting.abort(new DOMException(`The attempt is stopped: ${reason}`, "AbortError"));
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
