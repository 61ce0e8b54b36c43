import { writeFileSync } from "node:fs";
import { constants, setPriority } from "node:os";

/**
 * Makes this process give way to those that it depends on: the worker, the database, the dashboard. They come first when all cores are
 * busy, and when the machine runs out of memory the kernel ends an attempt, which is tried again, before any of them.
 */
export function giveWay(): void {
  // Of the calling thread, and of the threads that it starts from now on: ONNX Runtime's.
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  if (process.platform !== "linux") return;
  try {
    writeFileSync("/proc/self/oom_score_adj", "500");
  } catch {
    // Some containers do not allow it; then the kernel chooses by size alone, which is the attempt's as a rule.
  }
}
