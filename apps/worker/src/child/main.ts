import { type MessageFromChild, messageToChild, type StartMessage } from "../runner/messages.ts";
import { Channel } from "./channel.ts";
import { leftovers } from "./leftovers.ts";
import { volunteerForOomKill } from "./oom-score.ts";
import { outputWritten, printEndMark, writeOutputAtOnce } from "./output.ts";
import { watchParent } from "./parent-watch.ts";
import { stageOutcome, stopError } from "./stage-outcome.ts";

// The process of attempts: its worker starts it, tells it over the channel what to run, one attempt after another of the same kind, and
// outlives whatever happens here.

let current: { channel: Channel; aborting: AbortController } | null = null;

watchParent();
volunteerForOomKill();
writeOutputAtOnce();
// Nobody is left to report to.
process.once("disconnect", () => process.exit(1));
process.on("SIGTERM", () => (current === null ? process.exit(0) : current.aborting.abort(stopError("terminated"))));
process.on("message", (raw) => {
  const message = messageToChild.parse(raw);
  if (message.type === "start") void runAttempt(message);
  else if (message.type === "reply") current?.channel.reply(message);
  else current?.aborting.abort(stopError(message.reason));
});

async function runAttempt(start: StartMessage): Promise<void> {
  const open = leftovers();
  const channel = new Channel(send);
  const aborting = new AbortController();
  current = { channel, aborting };
  const lastWord = await stageOutcome(start, channel, aborting.signal);
  // Whoever failed, was stopped, or left something running is not used again.
  const isReusable = lastWord.type === "finished" && (await open.areClosed());
  printEndMark(start.endMark);
  await channel.end(isReusable ? { ...lastWord, isReusable } : lastWord);
  await outputWritten();
  if (!isReusable) process.exit(0);
  current = null;
}

function send(message: MessageFromChild, sent?: () => void): void {
  if (process.send === undefined)
    throw new Error("An attempt's process is started by a worker, which opens a channel to it");
  process.send(message, undefined, undefined, () => sent?.());
}
