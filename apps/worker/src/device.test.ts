import { totalmem } from "node:os";
import { describe, expect, it } from "vitest";
import { detectDevice, limit } from "./device.ts";

describe("detectDevice", () => {
  it("finds the cpu, its threads and less memory than there is", async () => {
    const { providers, threads, memoryBytes } = await detectDevice();
    expect(providers).toContain("cpu");
    expect(threads).toBeGreaterThanOrEqual(1);
    expect(memoryBytes).toBeGreaterThan(0);
    expect(memoryBytes).toBeLessThan(totalmem());
  });
});

describe("limit", () => {
  it.each([
    ["max\n", Number.POSITIVE_INFINITY],
    ["-1\n", Number.POSITIVE_INFINITY],
    [undefined, Number.POSITIVE_INFINITY],
    ["", Number.POSITIVE_INFINITY],
    ["200000\n", 200_000],
  ])("reads %j as %d", (text, expected) => {
    expect(limit(text)).toBe(expected);
  });
});
