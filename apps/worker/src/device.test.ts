import { totalmem } from "node:os";
import { describe, expect, it } from "vitest";
import { detectDevice } from "./device.ts";

describe("detectDevice", () => {
  it("finds the cpu, its threads and less memory than there is", async () => {
    const { providers, threads, memoryBytes } = await detectDevice();
    expect(providers).toContain("cpu");
    expect(threads).toBeGreaterThanOrEqual(1);
    expect(memoryBytes).toBeGreaterThan(0);
    expect(memoryBytes).toBeLessThan(totalmem());
  });
});
