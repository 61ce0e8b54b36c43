import { z } from "zod";
import { SpecError } from "../../base/errors.ts";
import { Rng } from "../../base/rng.ts";
import { domainSize } from "../domain.ts";
import { pointKey } from "../point.ts";
import type { Point } from "../space.ts";
import { newPoint, pointFromUnits, takenPoints } from "./draws.ts";
import { defineSampler } from "./sampler.ts";
import { sobolDirections } from "./sobol-directions.ts";

const numBits = 32;
/** Dimensions that the table of directions has; parameters with one value need none. */
export const maxSobolDimensions = sobolDirections.length + 1;

/** Points that fill the space more evenly than random ones do, scrambled by the seed. */
export const sobol = defineSampler({
  title: "Sobol",
  summary: "A quasi-random sequence: fills the space evenly at every length, best at powers of two.",
  params: z.strictObject({
    scramble: z
      .boolean()
      .default(true)
      .describe("Owen's scrambling by the seed; without it every sweep has the same points"),
  }),
  state: z.strictObject({ next: z.int().nonnegative() }),
  start: { next: 0 },
  ask({ layout, params, seed, history }, state, count) {
    const dimensions = dimensionsOf(layout.leaves.map(({ domain }) => domainSize(domain)));
    const rng = Rng.fromSeed(seed).stream("sobol");
    const scrambles = params.scramble
      ? dimensions.map((d) => Math.floor(rng.stream(`${d}`).uniform() * 2 ** numBits))
      : null;
    const taken = takenPoints(history);
    const points: Point[] = [];
    let { next } = state;
    const draw = () => {
      const index = next++;
      return pointFromUnits(layout, (_, leaf) => {
        const dimension = dimensions[leaf]!;
        return sobolUnit({ index, dimension, scramble: scrambles === null ? null : scrambles[leaf]! });
      });
    };
    while (points.length < count) {
      const point = newPoint({ layout, taken, draw, pick: (left) => rng.stream(`left/${next}`).pick(left) });
      if (point === null) return { points, state: { next }, exhausted: true };
      taken.add(pointKey(point));
      points.push(point);
    }
    return { points, state: { next }, exhausted: false };
  },
});

export interface SobolUnitOptions {
  /** Of the point, from 0. */
  index: number;
  /** From 0. */
  dimension: number;
  /** 32 bits that scramble this dimension; null: the plain sequence. */
  scramble: number | null;
}

/**
 * One coordinate of one point of the Sobol sequence in Gray-code order (Antonov and Saleev), in [0, 1). Scrambling: Burley,
 * "Practical Hash-based Owen Scrambling", JCGT 9(4), 2020, with the permutation of Laine and Karras.
 */
export function sobolUnit({ index, dimension, scramble }: SobolUnitOptions): number {
  let bits = 0;
  const directions = directionsOf(dimension);
  for (let gray = (index ^ (index >>> 1)) >>> 0, bit = 0; gray !== 0; gray >>>= 1, bit++) {
    if ((gray & 1) === 1) bits ^= directions[bit]!;
  }
  if (scramble !== null) bits = reverseBits(permute(reverseBits(bits), scramble));
  return (bits >>> 0) / 2 ** numBits;
}

const directionCache = new Map<number, Int32Array>();

/** Direction numbers v_1 .. v_32 of a dimension as 32-bit fractions. */
function directionsOf(dimension: number): Int32Array {
  const known = directionCache.get(dimension);
  if (known !== undefined) return known;
  const directions = new Int32Array(numBits);
  if (dimension === 0) {
    for (let bit = 0; bit < numBits; bit++) directions[bit] = 1 << (numBits - 1 - bit);
  } else {
    const { coefficients, initial } = sobolDirections[dimension - 1]!;
    const degree = initial.length;
    for (let bit = 0; bit < numBits; bit++) {
      if (bit < degree) {
        directions[bit] = initial[bit]! << (numBits - 1 - bit);
        continue;
      }
      let value = directions[bit - degree]! ^ (directions[bit - degree]! >>> degree);
      for (let k = 1; k < degree; k++) {
        if (((coefficients >>> (degree - 1 - k)) & 1) === 1) value ^= directions[bit - k]!;
      }
      directions[bit] = value;
    }
  }
  directionCache.set(dimension, directions);
  return directions;
}

function permute(bits: number, seed: number): number {
  let x = (bits + seed) | 0;
  // Even factors: a bit is changed by lower bits only, which after the reversal are the higher ones, as Owen's scrambling asks.
  for (const factor of [0x6c50b47c, 0xb82f1e52, 0xc7afe638, 0x8d22f6e6]) x ^= Math.imul(x, factor);
  return x;
}

function reverseBits(bits: number): number {
  let x = bits;
  x = ((x & 0x55555555) << 1) | ((x >>> 1) & 0x55555555);
  x = ((x & 0x33333333) << 2) | ((x >>> 2) & 0x33333333);
  x = ((x & 0x0f0f0f0f) << 4) | ((x >>> 4) & 0x0f0f0f0f);
  x = ((x & 0x00ff00ff) << 8) | ((x >>> 8) & 0x00ff00ff);
  return (x << 16) | (x >>> 16);
}

/** The dimension each leaf draws from; those with one value share the first. @throws SpecError TOO_MANY_DIMENSIONS */
function dimensionsOf(sizes: readonly number[]): number[] {
  let numVarying = 0;
  const dimensions = sizes.map((size) => (size > 1 ? numVarying++ : 0));
  if (numVarying <= maxSobolDimensions) return dimensions;
  throw new SpecError({
    code: "TOO_MANY_DIMENSIONS",
    message: "The Sobol sequence has fewer dimensions than this space varies",
    expected: `at most ${maxSobolDimensions}`,
    got: String(numVarying),
    fix: "Fix some parameters, or take the random sampler.",
  });
}
