import { describe, expect, it } from "vitest";
import { Capacity } from "./capacity.ts";

const device = { providers: ["cpu", "cuda"], threads: 4, memoryBytes: 1_000 };
const share = (resources: { device: string; threads: number; memoryBytes: number }) => ({ resources, isLight: false });

describe("Capacity", () => {
  it("gives threads and memory away and takes them back once", () => {
    const capacity = new Capacity(device, 0);
    const giveBack = capacity.reserve(share({ device: "cpu", threads: 3, memoryBytes: 400 }));
    expect(capacity.free()).toEqual({ devices: ["cpu", "cuda"], threads: 1, memoryBytes: 600, lightSlots: 0 });
    giveBack();
    giveBack();
    expect(capacity.free()).toEqual({ devices: ["cpu", "cuda"], threads: 4, memoryBytes: 1_000, lightSlots: 0 });
  });

  it("lends an accelerator to one stage at a time, and the cpu to any number", () => {
    const capacity = new Capacity(device, 0);
    capacity.reserve(share({ device: "cpu", threads: 1, memoryBytes: 1 }));
    const giveBack = capacity.reserve(share({ device: "cuda", threads: 1, memoryBytes: 1 }));
    expect(capacity.free().devices).toEqual(["cpu"]);
    giveBack();
    expect(capacity.free().devices).toEqual(["cpu", "cuda"]);
  });

  it("is exhausted without threads or memory", () => {
    const capacity = new Capacity(device, 0);
    expect(capacity.isExhausted()).toBe(false);
    const giveBack = capacity.reserve(share({ device: "cpu", threads: 4, memoryBytes: 1 }));
    expect(capacity.isExhausted()).toBe(true);
    giveBack();
    capacity.reserve(share({ device: "cpu", threads: 1, memoryBytes: 1_000 }));
    expect(capacity.isExhausted()).toBe(true);
  });

  it("gives a light stage a slot and nothing else, also when all threads are taken", () => {
    const capacity = new Capacity(device, 1);
    capacity.reserve(share({ device: "cpu", threads: 4, memoryBytes: 1 }));
    expect(capacity.isExhausted()).toBe(false);
    const giveBack = capacity.reserve({ resources: { device: "cpu", threads: 1, memoryBytes: 1 }, isLight: true });
    expect(capacity.free()).toMatchObject({ threads: 0, memoryBytes: 999, lightSlots: 0 });
    expect(capacity.isExhausted()).toBe(true);
    giveBack();
    giveBack();
    expect(capacity.free().lightSlots).toBe(1);
  });
});
