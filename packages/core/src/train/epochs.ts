import type { Rng } from "../base/rng.ts";

/**
 * The endless sequence of shuffled epochs over `size` items: every epoch visits each item once, in an order of its own. What
 * stands at place n depends on the stream and n alone.
 */
export class Epochs {
  readonly #size: number;
  readonly #rng: Rng;
  #order: { epoch: number; indices: Uint32Array } | null = null;

  constructor(size: number, rng: Rng) {
    this.#size = size;
    this.#rng = rng;
  }

  /** The item at place n, with a stream of random numbers of its own. */
  at(n: number): { index: number; rng: Rng } {
    const epoch = Math.floor(n / this.#size);
    if (this.#order?.epoch !== epoch) {
      const indices = Uint32Array.from({ length: this.#size }, (_, index) => index);
      this.#order = { epoch, indices: this.#rng.stream(`epoch-${epoch}`).shuffle(indices) };
    }
    return { index: this.#order.indices[n % this.#size]!, rng: this.#rng.stream(`sample-${n}`) };
  }
}
