import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { cgroupFiles, cgroupV1File } from "../cgroup.ts";

/** Resident memory of a process and all that it started, in bytes; 0 when it is gone. */
export async function residentBytes(pid: number): Promise<number> {
  if (process.platform !== "linux") return residentBytesByPs(pid);
  const [status, children] = await Promise.all([readOrNull(`/proc/${pid}/status`), childrenOf(pid)]);
  const own = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status ?? "")?.[1] ?? 0) * 1_024;
  const below = await Promise.all(children.map(residentBytes));
  return below.reduce((sum, bytes) => sum + bytes, own);
}

async function childrenOf(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(threads.map((thread) => readOrNull(`/proc/${pid}/task/${thread}/children`)));
  return lists.flatMap((list) => list?.trim().split(" ").filter(Boolean).map(Number) ?? []);
}

// A process may end between two reads.
async function readOrNull(path: string): Promise<string | null> {
  return readFile(path, "utf8").catch(() => null);
}

async function residentBytesByPs(pid: number): Promise<number> {
  const { stdout } = await promisify(execFile)("ps", ["-o", "rss=", "-p", String(pid)]).catch(() => ({ stdout: "" }));
  return Number(stdout.trim() || 0) * 1_024;
}

/** How often the kernel has killed for memory in this control group; 0 where there is none to ask. */
export async function kernelKills(): Promise<number> {
  const [events] = await cgroupFiles("memory.events");
  const text = events ?? (await cgroupV1File("memory/memory.oom_control")) ?? "";
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
