import { describe, expect, it } from "vitest";
import { bytes, decimal, duration, elapsed, measured } from "./quantity.ts";

describe("quantities", () => {
  it("are short", () => {
    expect([0, 59.6, 75, 3600, 7384].map(duration)).toEqual(["0 s", "1 m 00 s", "1 m 15 s", "1 h 00 m", "2 h 03 m"]);
    expect([0, 1023, 1024, 5 * 2 ** 20, 3 * 2 ** 40].map(bytes)).toEqual([
      "0 B",
      "1023 B",
      "1.0 KiB",
      "5.0 MiB",
      "3.0 TiB",
    ]);
    expect([3, 0.123456, 1e-7, 12345.678].map(decimal)).toEqual(["3", "0.1235", "1e-7", "12350"]);
    expect([measured(0.9342, "fraction"), measured(57.94, "points")]).toEqual(["93.42 %", "57.94"]);
  });

  it("count time only while it goes on", () => {
    const from = new Date(Date.now() - 60_000);
    expect([elapsed(null), elapsed({ from, to: new Date(from.getTime() + 5_000) })]).toEqual(["-", "5 s"]);
    expect(elapsed({ from, to: null })).toMatch(/^1 m 0\d s$/);
  });
});
