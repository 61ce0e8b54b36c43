import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** Processes of attempts whose worker is that process. */
export function attemptPids(workerPid = process.pid): number[] {
  return (process.platform === "linux" ? processesOfLinux() : processesByPs())
    .filter(({ parent, state, args }) => parent === workerPid && state !== "Z" && args.includes("child/main.ts"))
    .map(({ pid }) => pid);
}

interface ProcessRow {
  pid: number;
  parent: number;
  state: string;
  args: string;
}

// Not every container has ps.
function processesOfLinux(): ProcessRow[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, "utf8");
        const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        return [
          {
            pid: Number(name),
            parent: Number(parent),
            state: state!,
            args: readFileSync(`/proc/${name}/cmdline`, "utf8"),
          },
        ];
      } catch {
        return [];
      }
    });
}

function processesByPs(): ProcessRow[] {
  return execFileSync("ps", ["-eo", "pid=,ppid=,stat=,args="], { encoding: "utf8" })
    .split("\n")
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(\S)\S*\s+(.*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, pid, parent, state, args]) => ({ pid: Number(pid), parent: Number(parent), state: state!, args: args! }));
}
