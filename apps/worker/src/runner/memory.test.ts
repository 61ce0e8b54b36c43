import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { residentBytes, watchMemory } from "./memory.ts";

const mebibyte = 2 ** 20;

function hold(mebibytes: number): ReturnType<typeof spawn> {
  const source = `const held = Buffer.alloc(${mebibytes} * 2 ** 20, 1); console.log(held.length); setInterval(() => held, 1e6)`;
  return spawn(process.execPath, ["-e", source], { stdio: ["ignore", "pipe", "ignore"] });
}

describe("residentBytes", () => {
  it("grows with what a process holds, and counts what it started", async () => {
    const before = await residentBytes(process.pid);
    const child = hold(100);
    try {
      await once(child.stdout!, "data");
      expect(await residentBytes(child.pid!)).toBeGreaterThan(100 * mebibyte);
      expect(await residentBytes(process.pid)).toBeGreaterThan(before + 90 * mebibyte);
    } finally {
      child.kill("SIGKILL");
    }
    await once(child, "close");
    expect(await residentBytes(child.pid!)).toBe(0);
  });
});

describe("watchMemory", () => {
  it("tells once that the limit is passed, with the peak", async () => {
    const child = hold(100);
    try {
      const peakBytes = await new Promise<number>((resolve) =>
        watchMemory({ pid: child.pid!, limitBytes: 90 * mebibyte, sampleMs: 20, onExceeded: resolve }),
      );
      expect(peakBytes).toBeGreaterThan(90 * mebibyte);
      expect(peakBytes).toBeLessThan(400 * mebibyte);
    } finally {
      child.kill("SIGKILL");
    }
  });
});
