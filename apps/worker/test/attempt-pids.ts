import { execFileSync } from "node:child_process";

/** Processes of attempts whose worker is that process. */
export function attemptPids(workerPid = process.pid): number[] {
  const table = execFileSync("ps", ["-eo", "pid=,ppid=,stat=,args="], { encoding: "utf8" });
  return table
    .split("\n")
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line))
    .filter((match) => match !== null)
    .filter(
      ([, , parent, state, args]) =>
        Number(parent) === workerPid && !state!.startsWith("Z") && args!.includes("child/main.ts"),
    )
    .map(([, pid]) => Number(pid));
}
