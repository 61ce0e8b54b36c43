import { readdirSync, readFileSync } from "node:fs";

/** Hundredths of a second, on every Linux that Node runs on. */
const ticksPerSecond = 100;

/** Processor time of a process and of all below it, also of those that have ended, in seconds; null where there is no /proc. */
export function processorSeconds(pid = process.pid): number | null {
  if (process.platform !== "linux") return null;
  const processes = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readStat(Number(name)));
  const sum = (parent: number): number =>
    processes.filter((row) => row.parent === parent).reduce((total, row) => total + row.ticks + sum(row.pid), 0);
  const own = processes.find((row) => row.pid === pid)?.ticks ?? 0;
  return (own + sum(pid)) / ticksPerSecond;
}

function readStat(pid: number): { pid: number; parent: number; ticks: number }[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // utime, stime, and those of children that were waited for: fields 14 to 17 of proc_pid_stat(5).
    const ticks = fields.slice(11, 15).reduce((total, field) => total + Number(field), 0);
    return [{ pid, parent: Number(fields[1]), ticks }];
  } catch {
    return [];
  }
}
