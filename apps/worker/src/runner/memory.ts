import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { cgroupFiles, cgroupV1File } from "../cgroup.ts";

/** Resident memory of a process and all that it started, in bytes; 0 when it is gone. */
export async function residentBytes(pid: number): Promise<number> {
  return process.platform === "linux" ? residentBytesByProc(pid) : residentBytesByPs(pid);
}

// Read at once: the kernel has these files in memory, and fifteen small reads by the thread pool cost four times as much.
function residentBytesByProc(pid: number): number {
  const own = Number(/^VmRSS:\s+(\d+) kB$/m.exec(textOf(`/proc/${pid}/status`))?.[1] ?? 0) * 1_024;
  return childrenOf(pid).reduce((sum, child) => sum + residentBytesByProc(child), own);
}

function childrenOf(pid: number): number[] {
  return unlessGone(() => readdirSync(`/proc/${pid}/task`), []).flatMap((thread) =>
    textOf(`/proc/${pid}/task/${thread}/children`).trim().split(" ").filter(Boolean).map(Number),
  );
}

const textOf = (path: string) => unlessGone(() => readFileSync(path, "utf8"), "");

/** A process may end between two reads. */
function unlessGone<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

async function residentBytesByPs(pid: number): Promise<number> {
  const { stdout } = await promisify(execFile)("ps", ["-o", "rss=", "-p", String(pid)]).catch(() => ({ stdout: "" }));
  return Number(stdout.trim() || 0) * 1_024;
}

/** How often the kernel has killed for memory in this control group; 0 where there is none to ask. */
export function kernelKills(): number {
  const [events] = cgroupFiles("memory.events");
  const text = events ?? cgroupV1File("memory/memory.oom_control") ?? "";
  return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0);
}

export interface MemoryWatch {
  /** The most that was seen. */
  peakBytes(): number;
  stop(): void;
}

export interface MemoryWatchOptions {
  pid: number;
  limitBytes: number;
  sampleMs: number;
  onExceeded(peakBytes: number): void;
}

/** Looks at a process's memory now and then; tells once when it is beyond the limit. */
export function watchMemory({ pid, limitBytes, sampleMs, onExceeded }: MemoryWatchOptions): MemoryWatch {
  let peakBytes = 0;
  let isStopped = false;
  let timer: NodeJS.Timeout;
  const sample = async () => {
    peakBytes = Math.max(peakBytes, await residentBytes(pid));
    if (isStopped) return;
    if (peakBytes > limitBytes) onExceeded(peakBytes);
    else timer = setTimeout(sample, sampleMs);
  };
  timer = setTimeout(sample, sampleMs);
  return {
    peakBytes: () => peakBytes,
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
