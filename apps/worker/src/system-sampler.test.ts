import { expect, it } from "vitest";
import { readSystem } from "./system-sampler.ts";

it("reads a machine that has memory and is doing something", async () => {
  await readSystem(false);
  const { cpuLoad, memoryUsedBytes, memoryTotalBytes, ownMemoryBytes, gpus } = await readSystem(false);
  expect(cpuLoad).toBeGreaterThanOrEqual(0);
  expect(cpuLoad).toBeLessThanOrEqual(1);
  expect(memoryUsedBytes).toBeGreaterThan(0);
  expect(memoryTotalBytes).toBeGreaterThan(memoryUsedBytes);
  expect(ownMemoryBytes).toBeGreaterThan(10 * 2 ** 20);
  expect(ownMemoryBytes).toBeLessThan(memoryTotalBytes);
  expect(gpus).toEqual([]);
});
