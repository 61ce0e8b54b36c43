import { describe, expect, it } from "vitest";
import { canBecome, isFinished, runStatus, stageStatuses, stageTransitions } from "./status.ts";

describe("runStatus", () => {
  it.each([
    ["queued", ["pending", "ready"]],
    ["running", ["succeeded", "pending"]],
    ["running", ["running", "pending"]],
    ["succeeded", ["succeeded", "succeeded"]],
    ["failed", ["succeeded", "failed", "running"]],
    ["cancelled", ["succeeded", "cancelled", "pending"]],
    ["pruned", ["succeeded", "pruned", "pending"]],
    ["running", ["pruned", "running"]],
  ] as const)("%s from %j", (expected, stages) => {
    expect(runStatus(stages)).toBe(expected);
  });
});

describe("stageTransitions", () => {
  it("lets what has succeeded stay for ever, and nothing become itself", () => {
    for (const status of stageStatuses) {
      expect(canBecome("succeeded", status)).toBe(false);
      expect(canBecome(status, status)).toBe(false);
    }
  });

  it("leads from every status to an end", () => {
    for (const status of stageStatuses) {
      const reached = new Set([status]);
      for (const from of reached) for (const to of stageTransitions[from]) reached.add(to);
      expect([...reached].some(isFinished)).toBe(true);
    }
  });
});
