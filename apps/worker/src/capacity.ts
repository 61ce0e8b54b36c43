import type { Resources } from "@retort/core";
import type { Capabilities } from "@retort/db";
import type { Device } from "./device.ts";

/** What of the machine is not given away yet. */
export class Capacity {
  #threads: number;
  #memoryBytes: number;
  readonly #devices: Set<string>;

  constructor({ threads, memoryBytes, providers }: Device) {
    this.#threads = threads;
    this.#memoryBytes = memoryBytes;
    this.#devices = new Set(providers);
  }

  free(): Capabilities {
    return { devices: [...this.#devices], threads: this.#threads, memoryBytes: this.#memoryBytes };
  }

  isExhausted(): boolean {
    return this.#threads < 1 || this.#memoryBytes <= 0 || this.#devices.size === 0;
  }

  /** Takes a stage's share. @returns how to give it back, once. */
  reserve({ device, threads, memoryBytes }: Resources): () => void {
    this.#add(-threads, -memoryBytes);
    // Any number of stages share the cpu, each with threads of its own; an accelerator works for one at a time.
    const isExclusive = device !== "cpu";
    if (isExclusive) this.#devices.delete(device);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#add(threads, memoryBytes);
      if (isExclusive) this.#devices.add(device);
    };
  }

  #add(threads: number, memoryBytes: number): void {
    this.#threads += threads;
    this.#memoryBytes += memoryBytes;
  }
}
