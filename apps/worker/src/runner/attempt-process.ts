import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { childEnvironment } from "../env.ts";
import { kernelKills, watchMemory } from "./memory.ts";
import type { MessageToChild } from "./messages.ts";
import { eachLine } from "./output-tail.ts";

const entry = fileURLToPath(new URL("../child/main.ts", import.meta.url));
const loader = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;

export interface AttemptProcessOptions {
  threads: number;
  memoryBytes: number;
  memorySampleMs: number;
  onMessage(message: unknown): void;
  /** Nothing more is read from the process while a promise that this gave is open. */
  onLine(stream: "stdout" | "stderr", line: string): Promise<void> | undefined;
}

/** How the process ended. */
export interface ProcessEnd {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  peakMemoryBytes: number;
  /** It was killed here, since it went beyond its memory limit. */
  exceededMemory: boolean;
  /** The kernel killed something for memory while it ran. */
  kernelKilled: boolean;
}

/** The process of one attempt, leader of a process group of its own. */
export interface AttemptProcess {
  readonly pid: number;
  send(message: MessageToChild): void;
  /** SIGTERM to the group, and SIGKILL when it is still there after the grace. */
  stop(graceMs: number): void;
  /** Resolves when it is gone and all it sent and printed has been handed over. Never rejects. */
  readonly ended: Promise<ProcessEnd>;
}

/** @throws Error of the system when no process can be started */
export async function startAttemptProcess(options: AttemptProcessOptions): Promise<AttemptProcess> {
  const { threads, memoryBytes, memorySampleMs, onMessage, onLine } = options;
  const killsBefore = await kernelKills();
  // V8 gives up with a message of its own before the heap alone fills the limit.
  const heapFlag = `--max-old-space-size=${Math.max(64, Math.floor(memoryBytes / 2 ** 20))}`;
  const child = spawn(process.execPath, [heapFlag, "--import", loader, entry], {
    env: childEnvironment(threads),
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    serialization: "advanced",
    // A group of its own: Ctrl-C at the worker's terminal is the worker's matter, and whatever the stage starts dies with it.
    detached: true,
  });
  child.on("message", onMessage);
  eachLine(child.stdout!, (line) => onLine("stdout", line));
  eachLine(child.stderr!, (line) => onLine("stderr", line));
  await once(child, "spawn");
  const pid = child.pid!;

  let exceededMemory = false;
  const memory = watchMemory({
    pid,
    limitBytes: memoryBytes,
    sampleMs: memorySampleMs,
    onExceeded: () => {
      exceededMemory = true;
      signalGroup(pid, "SIGKILL");
    },
  });

  let killTimer: NodeJS.Timeout | undefined;
  const ended = endOf(child).then(async ({ exitCode, signal }): Promise<ProcessEnd> => {
    clearTimeout(killTimer);
    memory.stop();
    const kernelKilled = (await kernelKills()) > killsBefore;
    return { exitCode, signal, peakMemoryBytes: memory.peakBytes(), exceededMemory, kernelKilled };
  });

  return {
    pid,
    ended,
    send: (message) => {
      // A child that is gone is noticed by its end, not by a message that does not arrive.
      if (child.connected) child.send(message, () => {});
    },
    stop: (graceMs) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      signalGroup(pid, "SIGTERM");
      killTimer ??= setTimeout(() => signalGroup(pid, "SIGKILL"), graceMs);
    },
  };
}

async function endOf(child: ChildProcess): Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }> {
  // An error after the start is a signal or message that did not arrive; the end tells the rest.
  child.on("error", () => {});
  const closed = once(child, "close");
  await once(child, "exit");
  // What the stage itself started may hold the pipes open: it ends with the stage.
  signalGroup(child.pid!, "SIGKILL");
  let isClosed = false;
  void closed.then(() => {
    isClosed = true;
  });
  // What left the group may still hold them. A pipe that is not read for now holds output that is yet to come.
  const isUnread = () => child.stdout?.isPaused() === true || child.stderr?.isPaused() === true;
  do await Promise.race([closed, sleep(2_000)]);
  while (!isClosed && isUnread());
  return { exitCode: child.exitCode, signal: child.signalCode };
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    // Windows has no process groups.
    process.kill(process.platform === "win32" ? pid : -pid, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && (error.code === "ESRCH" || error.code === "EPERM"))) throw error;
  }
}
