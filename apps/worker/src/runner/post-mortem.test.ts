import { describe, expect, it } from "vitest";
import { postMortem, type Remains } from "./post-mortem.ts";

const remains: Remains = {
  exitCode: 3,
  signal: null,
  peakMemoryBytes: 600 * 2 ** 20,
  memoryLimitBytes: 512 * 2 ** 20,
  exceededMemory: false,
  kernelKilled: false,
  output: "its last line",
};

describe("postMortem", () => {
  it("tells the exit code, with the last output", () => {
    expect(postMortem(remains)).toMatchObject({
      kind: "infrastructure",
      code: "PROCESS_EXITED",
      got: "exit code 3",
      lastOutput: "its last line",
    });
  });

  it("tells the signal", () => {
    const failure = postMortem({ ...remains, exitCode: null, signal: "SIGSEGV" });
    expect(failure).toMatchObject({ kind: "infrastructure", code: "PROCESS_KILLED", got: "SIGSEGV" });
  });

  it("tells the limit and the peak of one that was stopped for its memory", () => {
    const failure = postMortem({ ...remains, exitCode: null, signal: "SIGKILL", exceededMemory: true });
    expect(failure).toMatchObject({
      kind: "out-of-memory",
      code: "MEMORY_LIMIT",
      expected: "at most 512 MiB",
      got: "a peak of 600 MiB",
    });
  });

  it("knows the kernel's kill from any other", () => {
    const killed: Remains = { ...remains, exitCode: null, signal: "SIGKILL" };
    expect(postMortem({ ...killed, kernelKilled: true })).toMatchObject({ kind: "out-of-memory", code: "KERNEL_OOM" });
    expect(postMortem(killed)).toMatchObject({ kind: "infrastructure", code: "PROCESS_KILLED" });
  });

  it.each(["std::bad_alloc", "JavaScript heap out of memory", "Failed to allocate memory for requested buffer"])(
    "reads %s in the output",
    (output) => {
      const failure = postMortem({ ...remains, exitCode: null, signal: "SIGABRT", output });
      expect(failure).toMatchObject({ kind: "out-of-memory", code: "ALLOCATION_FAILED" });
    },
  );
});
