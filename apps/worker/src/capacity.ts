import type { Capabilities, ClaimedStage } from "@retort/db";
import type { Device } from "./device.ts";

/** What of the machine is not given away yet. */
export class Capacity {
  #threads: number;
  #memoryBytes: number;
  #lightSlots: number;
  readonly #devices: Set<string>;

  constructor({ threads, memoryBytes, providers }: Device, lightSlots: number) {
    this.#lightSlots = lightSlots;
    this.#threads = threads;
    this.#memoryBytes = memoryBytes;
    this.#devices = new Set(providers);
  }

  free(): Capabilities {
    return {
      devices: [...this.#devices],
      threads: this.#threads,
      memoryBytes: this.#memoryBytes,
      lightSlots: this.#lightSlots,
    };
  }

  /** Whether any stage but a light one can still fit. */
  hasShare(): boolean {
    return this.#threads >= 1 && this.#memoryBytes > 0 && this.#devices.size > 0;
  }

  isExhausted(): boolean {
    return !this.hasShare() && this.#lightSlots < 1;
  }

  /** Takes a stage's share; a light one takes a slot and nothing else. @returns how to give it back, once. */
  reserve({ resources, isLight }: Pick<ClaimedStage, "resources" | "isLight">): () => void {
    return isLight ? this.#reserveSlot() : this.#reserveShare(resources);
  }

  #reserveSlot(): () => void {
    this.#lightSlots--;
    let isHeld = true;
    return () => {
      if (isHeld) this.#lightSlots++;
      isHeld = false;
    };
  }

  #reserveShare({ device, threads, memoryBytes }: ClaimedStage["resources"]): () => void {
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
