import type { Rng } from "../../../base/rng.ts";

const PERIOD = 64;

/** Smooth noise in [-1, 1] with a feature size of about one unit, repeating after 64 units. */
export class ValueNoise {
  readonly #lattice: Float32Array;

  constructor(rng: Rng) {
    this.#lattice = Float32Array.from({ length: PERIOD * PERIOD }, () => 2 * rng.uniform() - 1);
  }

  at(x: number, y: number): number {
    const column = Math.floor(x);
    const row = Math.floor(y);
    const across = ease(x - column);
    const down = ease(y - row);
    const top = mix(this.#point(column, row), this.#point(column + 1, row), across);
    const bottom = mix(this.#point(column, row + 1), this.#point(column + 1, row + 1), across);
    return mix(top, bottom, down);
  }

  /** The lattice's own value at whole numbers: one random number for each cell. */
  #point(column: number, row: number): number {
    return this.#lattice[wrapped(row) * PERIOD + wrapped(column)]!;
  }

  cell(column: number, row: number): number {
    return this.#point(column, row);
  }
}

const wrapped = (index: number) => ((index % PERIOD) + PERIOD) % PERIOD;
const ease = (t: number) => t * t * (3 - 2 * t);
const mix = (a: number, b: number, share: number) => a + (b - a) * share;
