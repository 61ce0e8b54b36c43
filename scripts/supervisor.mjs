import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { root } from "./install.mjs";

const QUICK_DEATH_MS = 10_000;
const MAX_QUICK_DEATHS = 3;

/**
 * Keeps one process of the platform running: its output goes to a log file, or to this terminal when `show` is set; when
 * it ends by itself it is started again, until it has ended three times in a row within seconds.
 */
export class Supervised {
  #options;
  #child = null;
  #stopping = false;
  #quickDeaths = 0;
  /** Resolves with a description when the process could not be kept running. */
  failed;
  #fail;

  /** @param options { name, args, env, logPath, show } */
  constructor(options) {
    this.#options = options;
    this.failed = new Promise((resolve) => {
      this.#fail = resolve;
    });
    this.#start();
  }

  get pid() {
    return this.#child?.pid;
  }

  async stop(graceMs = 30_000) {
    this.#stopping = true;
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    const late = sleep(graceMs, "late", { ref: false });
    if ((await Promise.race([gone, late])) === "late") {
      child.kill("SIGKILL");
      await gone;
    }
  }

  #start() {
    const { args, env, logPath, show } = this.#options;
    const startedAt = Date.now();
    const log = show ? "inherit" : openSync(logPath, "a", 0o600);
    // In a process group of its own: Ctrl-C reaches the start script alone, which ends things in order.
    this.#child = spawn(process.execPath, args, { cwd: root, env, stdio: ["ignore", log, log, "ipc"], detached: true });
    if (typeof log === "number") closeSync(log);
    this.#child.on("error", (error) => this.#fail(`could not be started: ${error.message}`));
    this.#child.on("exit", (code, signal) => void this.#onExit(signal ?? `exit code ${code}`, Date.now() - startedAt));
  }

  async #onExit(how, livedMs) {
    if (this.#stopping) return;
    this.#quickDeaths = livedMs < QUICK_DEATH_MS ? this.#quickDeaths + 1 : 0;
    const { name, logPath, show } = this.#options;
    if (this.#quickDeaths >= MAX_QUICK_DEATHS) {
      this.#fail(
        `${name} ended ${this.#quickDeaths} times in a row (${how}).${show ? "" : ` The end of ${logPath}:\n${tail(logPath)}`}`,
      );
      return;
    }
    console.error(`${name} ended (${how}); starting it again`);
    await sleep(500 * 2 ** this.#quickDeaths);
    if (!this.#stopping) this.#start();
  }
}

function tail(path, lines = 15) {
  return readFileSync(path, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
}
