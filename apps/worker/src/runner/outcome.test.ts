import { StoreError } from "@retort/store";
import { describe, expect, it } from "vitest";
import { type Evidence, failureFrom, failureOfError, failureOfStop, missingOutput } from "./outcome.ts";

const killed: Evidence = {
  end: { exitCode: null, signal: "SIGKILL", peakMemoryBytes: 100, exceededMemory: false, kernelKilled: false },
  lastWord: null,
  stopReason: null,
  gaveWayTo: "the end of its worker",
  hasCheckpoint: false,
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

describe("failureOfStop", () => {
  it("tells what the attempt gave way to, and from where its stage goes on", () => {
    expect(failureOfStop("preempted", { gaveWayTo: "a more urgent stage", hasCheckpoint: true })).toEqual({
      kind: "preempted",
      code: "PREEMPTED",
      message: "The attempt gave way to a more urgent stage; the stage goes on from its newest checkpoint",
    });
    expect(failureOfStop("preempted", { gaveWayTo: "a pause of its runs", hasCheckpoint: false }).message).toBe(
      "The attempt gave way to a pause of its runs; the stage has no checkpoint yet and begins anew",
    );
    expect(failureOfStop("lost-lease", { gaveWayTo: "a more urgent stage", hasCheckpoint: true })).toMatchObject({
      kind: "lost-lease",
      code: "LOST_LEASE",
    });
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
