import { DeviceError, DivergedError, RetortError, ShapeError } from "@retort/engine";
import { describe, expect, it } from "vitest";
import { DataError, SpecError } from "../base/errors.ts";
import { classify, failureKinds, failureSchema, retryBudgets, retryDecision, saysOutOfMemory } from "./failure.ts";

describe("classify", () => {
  it.each([
    [new SpecError({ code: "BAD_PARAMS", message: "no" }), "user", "BAD_PARAMS"],
    [new ShapeError({ code: "SHAPE", message: "no" }), "user", "SHAPE"],
    [new DeviceError({ code: "NO_DEVICE", message: "no" }), "user", "NO_DEVICE"],
    [new DataError({ code: "CORRUPT_IMAGE", message: "no" }), "data", "CORRUPT_IMAGE"],
    [new DivergedError({ code: "DIVERGED", message: "no" }), "diverged", "DIVERGED"],
    [new RetortError({ code: "LOST_LEASE", message: "no" }), "lost-lease", "LOST_LEASE"],
    [new RangeError("Array buffer allocation failed"), "out-of-memory", "ALLOCATION_FAILED"],
    [
      new Error("Failed to allocate memory for requested buffer of size 17179869184"),
      "out-of-memory",
      "ALLOCATION_FAILED",
    ],
    [Object.assign(new Error("spawn ENOMEM"), { code: "ENOMEM" }), "out-of-memory", "ALLOCATION_FAILED"],
    [Object.assign(new Error("no space left on device"), { code: "ENOSPC" }), "infrastructure", "ENOSPC"],
    [new TypeError("undefined is not a function"), "infrastructure", "UNEXPECTED_ERROR"],
    ["a string", "infrastructure", "UNEXPECTED_ERROR"],
    [undefined, "infrastructure", "UNEXPECTED_ERROR"],
  ])("%s is %s", (error, kind, code) => {
    const failure = classify(error);
    expect(failure).toMatchObject({ kind, code });
    expect(failureSchema.parse(failure).message).not.toBe("");
  });

  it("keeps what the error tells its reader", () => {
    const error = new DataError({ code: "C", message: "m", expected: "e", got: "g", where: "w", fix: "f" });
    expect(classify(error)).toMatchObject({ expected: "e", got: "g", where: "w", fix: "f" });
  });

  it("reads the signs of an exhausted memory in a process's output", () => {
    expect(saysOutOfMemory("FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory")).toBe(
      true,
    );
    expect(saysOutOfMemory("terminate called after throwing an instance of 'std::bad_alloc'")).toBe(true);
    expect(saysOutOfMemory("everything is fine")).toBe(false);
  });
});

describe("retryDecision", () => {
  it("never repeats what would end the same way", () => {
    for (const kind of ["user", "data", "diverged"] as const) expect(retryDecision(kind, 0).retry).toBe(false);
  });

  it("backs off and ends with the budget, for every kind that has one", () => {
    const kinds = failureKinds.filter((kind) => kind !== "lost-lease");
    expect(Object.keys(retryBudgets).sort()).toEqual([...kinds].sort());
    for (const kind of kinds) {
      const { retries, maxDelayMs } = retryBudgets[kind];
      const decisions = Array.from({ length: retries + 1 }, (_, earlier) => retryDecision(kind, earlier));
      expect(decisions.filter((decision) => decision.retry)).toHaveLength(retries);
      expect(decisions.at(-1)).toEqual({ retry: false, delayMs: 0 });
      for (const { delayMs } of decisions) expect(delayMs).toBeLessThanOrEqual(maxDelayMs);
    }
    expect([0, 1, 2].map((earlier) => retryDecision("infrastructure", earlier).delayMs)).toEqual([
      1_000, 4_000, 16_000,
    ]);
  });
});
