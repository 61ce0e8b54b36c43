import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { CodeState } from "@retort/db";
import { childEnvironment } from "../env.ts";
import type { MessageToChild } from "./messages.ts";
import { eachLine } from "./output-tail.ts";

const entry = fileURLToPath(new URL("../child/main.ts", import.meta.url));
const loader = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;

/** What a process is made for; attempts that need the same may follow each other in it. */
export interface ChildNeeds {
  kind: string;
  device: string;
  threads: number;
  memoryBytes: number;
}

export interface ChildListener {
  onMessage(message: unknown): void;
  /** Nothing more is read from the process while a promise that this gave is open. */
  onLine(stream: OutputStream, line: string): Promise<void> | undefined;
}

export type OutputStream = "stdout" | "stderr";

export interface ChildExit {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
}

/** A process that runs attempts, leader of a process group of its own. What it sends while nobody listens is dropped. */
export class Child {
  readonly pid: number;
  readonly needs: ChildNeeds;
  /** The code that it has loaded; null when that is what the worker began with. Rejects when git could not tell. */
  readonly code: Promise<CodeState | null>;
  /** Resolves when it is gone and all it sent and printed has been handed over. Never rejects. */
  readonly exited: Promise<ChildExit>;
  readonly #process: ChildProcess;
  #listener: ChildListener | null = null;

  /** @throws Error of the system when no process can be started */
  static async start(needs: ChildNeeds, code: Promise<CodeState | null>): Promise<Child> {
    // Whoever runs an attempt in it asks; until then a failure is nobody's.
    code.catch(() => {});
    // V8 gives up with a message of its own before the heap alone fills the limit.
    const heapFlag = `--max-old-space-size=${Math.max(64, Math.floor(needs.memoryBytes / 2 ** 20))}`;
    const child = spawn(process.execPath, [heapFlag, "--import", loader, entry], {
      env: childEnvironment(needs.threads),
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      serialization: "advanced",
      // A group of its own: Ctrl-C at the worker's terminal is the worker's matter, and whatever the stage starts dies with it.
      detached: true,
    });
    await once(child, "spawn");
    return new Child(child, needs, code);
  }

  private constructor(child: ChildProcess, needs: ChildNeeds, code: Promise<CodeState | null>) {
    this.#process = child;
    this.needs = needs;
    this.code = code;
    this.pid = child.pid!;
    child.on("message", (message) => this.#listener?.onMessage(message));
    eachLine(child.stdout!, (line) => this.#listener?.onLine("stdout", line));
    eachLine(child.stderr!, (line) => this.#listener?.onLine("stderr", line));
    this.exited = this.#exit();
  }

  get isAlive(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  listen(listener: ChildListener | null): void {
    this.#listener = listener;
  }

  send(message: MessageToChild): void {
    // A child that is gone is noticed by its end, not by a message that does not arrive.
    if (this.#process.connected) this.#process.send(message, () => {});
  }

  /** To the whole group. */
  signal(signal: NodeJS.Signals): void {
    try {
      // Windows has no process groups.
      process.kill(process.platform === "win32" ? this.pid : -this.pid, signal);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && (error.code === "ESRCH" || error.code === "EPERM")))
        throw error;
    }
  }

  async #exit(): Promise<ChildExit> {
    const child = this.#process;
    // An error after the start is a signal or message that did not arrive; the end tells the rest.
    child.on("error", () => {});
    const closed = once(child, "close");
    await once(child, "exit");
    // What the stage itself started may hold the pipes open: it ends with the stage.
    this.signal("SIGKILL");
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
}
