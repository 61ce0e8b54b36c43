import type { CodeKeeper } from "../code-keeper.ts";
import { Child, type ChildNeeds } from "./child-process.ts";
import { residentBytes } from "./memory.ts";

export interface WarmSettings {
  /** Processes kept for later attempts, at most. */
  maxIdleChildren: number;
  /** A process that nobody needs for so long ends. */
  childIdleMs: number;
  /** Attempts that one process runs, at most. */
  maxAttemptsPerChild: number;
}

/** Of its memory limit; what an attempt left behind beyond it is given back by ending the process. */
const maxIdleFraction = 0.25;

interface Kept {
  child: Child;
  timer: NodeJS.Timeout;
}

/** Processes that have run an attempt to its good end and wait for another of the same kind, device, threads and memory limit. */
export class WarmChildren {
  readonly #settings: WarmSettings;
  readonly #code: CodeKeeper | null;
  /** Longest idle first. */
  readonly #idle: Kept[] = [];
  readonly #attempts = new WeakMap<Child, number>();
  #isClosed = false;

  constructor(settings: WarmSettings, code: CodeKeeper | null = null) {
    this.#settings = settings;
    this.#code = code;
  }

  /** @throws Error of the system when no process can be started */
  async take(needs: ChildNeeds): Promise<Child> {
    const child = this.#takeIdle(needs) ?? (await this.#start(needs));
    this.#attempts.set(child, (this.#attempts.get(child) ?? 0) + 1);
    return child;
  }

  /** Of a process that has said that it can run another attempt. */
  async giveBack(child: Child): Promise<void> {
    const { maxIdleChildren, childIdleMs, maxAttemptsPerChild } = this.#settings;
    child.listen(null);
    const hasGrown = (await residentBytes(child.pid)) > Math.max(smallBytes, child.needs.memoryBytes * maxIdleFraction);
    const isWornOut = (this.#attempts.get(child) ?? 0) >= maxAttemptsPerChild;
    if (this.#isClosed || hasGrown || isWornOut || maxIdleChildren === 0) return child.signal("SIGKILL");
    if (!child.isAlive) return;
    const kept: Kept = { child, timer: setTimeout(() => this.#end(kept), childIdleMs) };
    this.#idle.push(kept);
    void child.exited.then(() => this.#forget(kept));
    while (this.#idle.length > maxIdleChildren) this.#end(this.#idle[0]!);
  }

  close(): void {
    this.#isClosed = true;
    while (this.#idle.length > 0) this.#end(this.#idle[0]!);
  }

  #start(needs: ChildNeeds): Promise<Child> {
    // Read while the process begins to load it: it is not waited for.
    return Child.start(needs, this.#code?.changed() ?? Promise.resolve(null));
  }

  #takeIdle(needs: ChildNeeds): Child | null {
    const kept = this.#idle.findLast(({ child }) => child.isAlive && isEqual(child.needs, needs));
    if (kept === undefined) return null;
    this.#forget(kept);
    return kept.child;
  }

  #end(kept: Kept): void {
    this.#forget(kept);
    kept.child.signal("SIGKILL");
  }

  #forget(kept: Kept): void {
    clearTimeout(kept.timer);
    const index = this.#idle.indexOf(kept);
    if (index >= 0) this.#idle.splice(index, 1);
  }
}

/** What Node and the code of a stage take before any work. */
const smallBytes = 384 * 2 ** 20;

function isEqual(a: ChildNeeds, b: ChildNeeds): boolean {
  return a.kind === b.kind && a.device === b.device && a.threads === b.threads && a.memoryBytes === b.memoryBytes;
}
