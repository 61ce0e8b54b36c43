import { writeFileSync } from "node:fs";

/**
 * When the machine runs out of memory, lets the kernel end this process, whose stage is tried again, before those that it depends on: the
 * worker, the database, the dashboard. proc_pid_oom_score_adj(5)
 */
export function volunteerForOomKill(): void {
  if (process.platform !== "linux") return;
  try {
    writeFileSync("/proc/self/oom_score_adj", "500");
  } catch {
    // Some containers do not allow it; then the kernel chooses by size alone, which is the attempt's as a rule.
  }
}
