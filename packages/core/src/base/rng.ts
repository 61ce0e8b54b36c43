import { type RandomGenerator, unsafeUniformIntDistribution, xoroshiro128plus } from "pure-rand";
import { SpecError } from "./errors.ts";
import { sha256Bytes } from "./hash.ts";

/** A position in a stream; restoring it continues with the same draws. JSON-safe. */
export type RngState = readonly number[];

/**
 * A stream of pseudo-random numbers (xoroshiro128+), fully determined by a seed and the stream's name.
 * Streams of other names are independent, so that one more draw in one part of a program moves no other part.
 */
export class Rng {
  readonly #generator: RandomGenerator;
  readonly #origin: string;

  private constructor(generator: RandomGenerator, origin: string) {
    this.#generator = generator;
    this.#origin = origin;
  }

  /** @throws SpecError BAD_SEED unless the seed is an integer that a double holds exactly. */
  static fromSeed(seed: number): Rng {
    if (!Number.isSafeInteger(seed)) {
      throw new SpecError({ code: "BAD_SEED", message: "A seed is an integer", got: String(seed) });
    }
    return Rng.#named(`seed:${seed}`);
  }

  static #named(origin: string): Rng {
    const digest = sha256Bytes(origin);
    const words = new DataView(digest.buffer, digest.byteOffset);
    const state = [0, 4, 8, 12].map((offset) => words.getInt32(offset));
    return new Rng(xoroshiro128plus.fromState(state), origin);
  }

  /** The stream of that name. Depends on the seed and the names alone, never on what has been drawn so far. */
  stream(name: string): Rng {
    return Rng.#named(`${this.#origin}/${name}`);
  }

  /** Uniform in [0, 1), 53 bits. */
  uniform(): number {
    const high = this.#generator.unsafeNext() >>> 5;
    const low = this.#generator.unsafeNext() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  /** Uniform integer in [0, bound), without modulo bias. */
  integer(bound: number): number {
    if (!Number.isSafeInteger(bound) || bound < 1) {
      throw new SpecError({ code: "BAD_BOUND", message: "The bound is a positive integer", got: String(bound) });
    }
    return unsafeUniformIntDistribution(0, bound - 1, this.#generator);
  }

  /** Standard normal, by Box and Muller; two uniforms a draw, so that the state alone describes the position. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Shuffles in place (Fisher and Yates) and returns the same array. */
  shuffle<T extends { [index: number]: unknown; length: number }>(items: T): T {
    for (let last = items.length - 1; last > 0; last--) {
      const other = this.integer(last + 1);
      const held = items[last];
      items[last] = items[other];
      items[other] = held;
    }
    return items;
  }

  /** One of the items, each equally likely. */
  pick<T>(items: readonly T[]): T {
    return items[this.integer(items.length)]!;
  }

  state(): RngState {
    return [...this.#generator.getState()];
  }

  /** The same stream at a position that state() gave. */
  at(state: RngState): Rng {
    return new Rng(xoroshiro128plus.fromState(state), this.#origin);
  }
}
