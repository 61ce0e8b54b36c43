import { StoreError } from "@retort/store";
import { describe, expect, it } from "vitest";
import { type Evidence, failureFrom, failureOfError, missingOutput } from "./outcome.ts";

const killed: Evidence = {
  end: { exitCode: null, signal: "SIGKILL", peakMemoryBytes: 100, exceededMemory: false, kernelKilled: false },
  lastWord: null,
  stopReason: null,
  ownFailure: null,
  memoryLimitBytes: 200,
  output: "its last line",
};
const thrown = { type: "failed", failure: { kind: "data", code: "CORRUPT_IMAGE", message: "no" } } as const;

describe("failureFrom", () => {
  it.each<[string, Partial<Evidence>, string]>([
    ["a process that somebody killed", {}, "PROCESS_KILLED"],
    ["one that the worker killed, since it did not stop", { stopReason: "preempted" }, "PREEMPTED"],
    ["one that gave way to a stop", { stopReason: "lost-lease", lastWord: { type: "stopped" } }, "LOST_LEASE"],
    ["one that somebody else told to end", { lastWord: { type: "stopped" } }, "TERMINATED"],
    ["a stage that failed while it was told to stop", { stopReason: "preempted", lastWord: thrown }, "CORRUPT_IMAGE"],
    ["one that the memory limit ended", { end: { ...killed.end, exceededMemory: true } }, "MEMORY_LIMIT"],
    [
      "one whose reports cannot be stored",
      { ownFailure: { kind: "infrastructure", code: "X", message: "no" }, lastWord: thrown },
      "X",
    ],
  ])("names the nearest cause: %s", (_, evidence, code) => {
    expect(failureFrom({ ...killed, ...evidence })).toMatchObject({ code, lastOutput: "its last line" });
  });
});

describe("failureOfError", () => {
  it("does not blame the stage for the store", () => {
    expect(failureOfError(new StoreError({ code: "CORRUPT", message: "no" }))).toMatchObject({
      kind: "infrastructure",
      code: "CORRUPT",
    });
  });
});

describe("missingOutput", () => {
  it("is null when every declared output is there, and names those that are not", () => {
    expect(missingOutput("diagnostic", ["report"])).toBeNull();
    expect(missingOutput("diagnostic", [])).toMatchObject({ code: "MISSING_OUTPUT", expected: "report", got: "none" });
  });
});
