import { describe, expect, it } from "vitest";
import { clockOf } from "./clock.ts";

/** The n-th minute. */
const at = (minute: number) => new Date(minute * 60_000);

describe("a clock", () => {
  it("does not run before the start", () => {
    expect(clockOf({ startedAt: null, pausedAt: at(1), pausedSeconds: 0, finishedAt: at(2) })).toBeNull();
  });

  it.each([
    ["goes on", { pausedAt: null, pausedSeconds: 0, finishedAt: null }, [10, null]],
    ["stops at the end", { pausedAt: null, pausedSeconds: 0, finishedAt: at(15) }, [10, 15]],
    ["leaves out what was paused before", { pausedAt: null, pausedSeconds: 120, finishedAt: at(15) }, [12, 15]],
    ["stands still while paused", { pausedAt: at(13), pausedSeconds: 60, finishedAt: null }, [11, 13]],
    [
      "had stopped when it was paused, though it was cancelled later",
      { pausedAt: at(13), pausedSeconds: 0, finishedAt: at(99) },
      [10, 13],
    ],
    ["never runs backwards", { pausedAt: at(5), pausedSeconds: 0, finishedAt: null }, [10, 10]],
  ])("%s", (_, course, [from, to]) => {
    expect(clockOf({ startedAt: at(10), ...course })).toEqual({ from: at(from!), to: to === null ? null : at(to!) });
  });
});
