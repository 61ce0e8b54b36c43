import { randomUUID } from "node:crypto";
import type { CodeState } from "@retort/db";
import type { z } from "zod";
import type { ChildNeeds, OutputStream } from "./child-process.ts";
import { kernelKills, watchMemory } from "./memory.ts";
import { type MessageFromChild, type MessageToChild, messageFromChild, type StartMessage } from "./messages.ts";
import type { WarmChildren } from "./warm-children.ts";

/** What an attempt's process is told to do; how it marks the end of its output is not the caller's matter. */
export type StartOptions = Omit<StartMessage, "type" | "endMark">;

export interface AttemptListener {
  onMessage(message: MessageFromChild): void;
  /** It sent what is no message. */
  onNonsense(error: z.ZodError): void;
  /** Nothing more is read from the process while a promise that this gave is open. */
  onLine(stream: OutputStream, line: string): Promise<void> | undefined;
}

export interface AttemptProcessOptions extends AttemptListener {
  children: WarmChildren;
  start: StartOptions;
  memoryBytes: number;
  memorySampleMs: number;
}

/** How the process, or its part in this attempt, ended. */
export interface ProcessEnd {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  peakMemoryBytes: number;
  /** It was killed here, since it went beyond its memory limit. */
  exceededMemory: boolean;
  /** The kernel killed something for memory while it ran. */
  kernelKilled: boolean;
}

/** Where an attempt runs. */
export interface AttemptProcess {
  readonly pid: number;
  /** The code that it runs; null when that is what the worker began with. Rejects when git could not tell. */
  readonly code: Promise<CodeState | null>;
  send(message: MessageToChild): void;
  /** SIGTERM to the group, and SIGKILL when it is still there after the grace. */
  stop(graceMs: number): void;
  /** Resolves when nothing more comes from this attempt and all it sent and printed has been handed over. Never rejects. */
  readonly ended: Promise<ProcessEnd>;
}

/** Runs an attempt in a process that is warm already, or in a new one. @throws Error of the system when no process can be started */
export async function startAttemptProcess(options: AttemptProcessOptions): Promise<AttemptProcess> {
  const { children, start, memoryBytes, memorySampleMs, onMessage, onNonsense, onLine } = options;
  const needs: ChildNeeds = { kind: start.kind, device: start.device, threads: start.threads, memoryBytes };
  const killsBefore = kernelKills();
  const child = await children.take(needs);
  const endMark = `end-of-attempt ${randomUUID()}`;
  let isStopped = false;
  let isReusable = false;
  const output = new MarkedOutput(endMark, onLine);
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  }).then(() => {
    isReusable = true;
    return { exitCode: 0, signal: null };
  });
  child.listen({
    onMessage: (raw) => {
      const { success, data: message, error } = messageFromChild.safeParse(raw);
      if (!success) return onNonsense(error);
      onMessage(message);
      if (message.type !== "finished" || message.isReusable !== true) return;
      void output.isComplete.then(release);
    },
    onLine: (stream, line) => output.line(stream, line),
  });

  let exceededMemory = false;
  const memory = watchMemory({
    pid: child.pid,
    limitBytes: memoryBytes,
    sampleMs: memorySampleMs,
    onExceeded: () => {
      exceededMemory = true;
      child.signal("SIGKILL");
    },
  });

  let killTimer: NodeJS.Timeout | undefined;
  const exited = child.exited.then((exit) => {
    output.close();
    return exit;
  });
  const ended = Promise.race([exited, released]).then(async ({ exitCode, signal }): Promise<ProcessEnd> => {
    memory.stop();
    // One that was told to end is on its way out, whatever it said before.
    if (isReusable && !isStopped && !exceededMemory) {
      clearTimeout(killTimer);
      await children.giveBack(child);
    } else if (child.isAlive) child.signal("SIGKILL");
    else clearTimeout(killTimer);
    const kernelKilled = exitCode !== 0 && kernelKills() > killsBefore;
    return { exitCode, signal, peakMemoryBytes: memory.peakBytes(), exceededMemory, kernelKilled };
  });

  child.send({ type: "start", ...start, endMark });
  return {
    pid: child.pid,
    code: child.code,
    ended,
    send: (message) => child.send(message),
    stop: (graceMs) => {
      if (isReusable || !child.isAlive) return;
      isStopped = true;
      child.signal("SIGTERM");
      killTimer ??= setTimeout(() => child.signal("SIGKILL"), graceMs);
    },
  };
}

/** The lines of one attempt among those of its process: all up to the mark on each of the two streams. */
class MarkedOutput {
  readonly #endMark: string;
  readonly #onLine: AttemptListener["onLine"];
  readonly #open = new Set<OutputStream>(["stdout", "stderr"]);
  /** Empty lines that are handed on once it is known that the mark does not follow: it brings one of its own. */
  readonly #held = { stdout: 0, stderr: 0 };
  /** Resolves when both streams have shown the mark. */
  readonly isComplete: Promise<void>;
  #complete = () => {};

  constructor(endMark: string, onLine: AttemptListener["onLine"]) {
    this.#endMark = endMark;
    this.#onLine = onLine;
    this.isComplete = new Promise((resolve) => {
      this.#complete = resolve;
    });
  }

  line(stream: OutputStream, line: string): Promise<void> | undefined {
    if (line === "") {
      this.#held[stream]++;
      return undefined;
    }
    const isMark = line === this.#endMark;
    if (isMark) this.#held[stream] = Math.max(0, this.#held[stream] - 1);
    this.#handHeld(stream);
    if (!isMark) return this.#onLine(stream, line);
    this.#open.delete(stream);
    if (this.#open.size === 0) this.#complete();
    return undefined;
  }

  /** The process is gone: no mark will come. */
  close(): void {
    for (const stream of this.#open) this.#handHeld(stream);
  }

  #handHeld(stream: OutputStream): void {
    for (; this.#held[stream] > 0; this.#held[stream]--) void this.#onLine(stream, "");
  }
}
