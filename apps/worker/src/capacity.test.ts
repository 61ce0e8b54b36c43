import { describe, expect, it } from "vitest";
import { Capacity } from "./capacity.ts";

const device = { providers: ["cpu", "cuda"], threads: 4, memoryBytes: 1_000 };

describe("Capacity", () => {
  it("gives threads and memory away and takes them back once", () => {
    const capacity = new Capacity(device);
    const giveBack = capacity.reserve({ device: "cpu", threads: 3, memoryBytes: 400 });
    expect(capacity.free()).toEqual({ devices: ["cpu", "cuda"], threads: 1, memoryBytes: 600 });
    giveBack();
    giveBack();
    expect(capacity.free()).toEqual({ devices: ["cpu", "cuda"], threads: 4, memoryBytes: 1_000 });
  });

  it("lends an accelerator to one stage at a time, and the cpu to any number", () => {
    const capacity = new Capacity(device);
    capacity.reserve({ device: "cpu", threads: 1, memoryBytes: 1 });
    const giveBack = capacity.reserve({ device: "cuda", threads: 1, memoryBytes: 1 });
    expect(capacity.free().devices).toEqual(["cpu"]);
    giveBack();
    expect(capacity.free().devices).toEqual(["cpu", "cuda"]);
  });

  it("is exhausted without threads or memory", () => {
    const capacity = new Capacity(device);
    expect(capacity.isExhausted()).toBe(false);
    const giveBack = capacity.reserve({ device: "cpu", threads: 4, memoryBytes: 1 });
    expect(capacity.isExhausted()).toBe(true);
    giveBack();
    capacity.reserve({ device: "cpu", threads: 1, memoryBytes: 1_000 });
    expect(capacity.isExhausted()).toBe(true);
  });
});
