import { type Failure, saysOutOfMemory } from "@retort/core";
import type { ProcessEnd } from "./attempt-process.ts";

export interface Remains extends ProcessEnd {
  memoryLimitBytes: number;
  /** Its last lines. */
  output: string;
}

/** Why a process that ended without its last word ended. */
export function postMortem(remains: Remains): Failure {
  const { exitCode, signal, output, exceededMemory, kernelKilled, peakMemoryBytes, memoryLimitBytes } = remains;
  const memory = {
    kind: "out-of-memory",
    expected: `at most ${mebibytes(memoryLimitBytes)}`,
    got: `a peak of ${mebibytes(peakMemoryBytes)}`,
    lastOutput: output,
  } as const;
  if (exceededMemory) {
    return {
      ...memory,
      code: "MEMORY_LIMIT",
      message: `The attempt was stopped at ${mebibytes(peakMemoryBytes)}, beyond its memory limit of ${mebibytes(memoryLimitBytes)}`,
      fix: "Ask for more memory, or make the batch or the model smaller",
    };
  }
  if (saysOutOfMemory(output)) {
    return { ...memory, code: "ALLOCATION_FAILED", message: "The attempt's process could not allocate memory" };
  }
  if (signal === "SIGKILL" && kernelKilled) {
    return { ...memory, code: "KERNEL_OOM", message: "The kernel killed the attempt's process since memory ran out" };
  }
  const end = signal === null ? `exited with code ${exitCode}` : `was killed by ${signal}`;
  return {
    kind: "infrastructure",
    code: signal === null ? "PROCESS_EXITED" : "PROCESS_KILLED",
    message: `The attempt's process ${end} before the stage was done`,
    got: signal ?? `exit code ${exitCode}`,
    lastOutput: output,
  };
}

/** Rounded up: a peak beyond a limit is never printed as the limit itself. */
function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`;
}
