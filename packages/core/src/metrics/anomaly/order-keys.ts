import { DataError } from "../../base/errors.ts";

export type Scores = Float32Array | Float64Array | readonly number[];

/**
 * Turns scores into 32-bit keys in the same order: equal keys for equal scores, also for 0 and -0. Scores that float32 holds
 * exactly are mapped bit by bit; others get their rank.
 * @throws DataError METRIC_NAN naming the first score that is not a number.
 */
export function orderKeys(scores: Scores): Uint32Array {
  return scores instanceof Float32Array ? keysOfFloat32(scores) : keysOfFloat64(scores);
}

/** As orderKeys, of float32 scores, written into `keys`: those of different calls can be compared. @throws DataError METRIC_NAN */
export function keysOfFloat32(scores: Float32Array, keys: Uint32Array = new Uint32Array(scores.length)): Uint32Array {
  const bits = new Uint32Array(scores.buffer, scores.byteOffset, scores.length);
  for (let index = 0; index < keys.length; index++) {
    const word = bits[index]!;
    if ((word & 0x7fffffff) > 0x7f800000) throw notANumber(index);
    // Negative numbers grow towards zero as their bits fall; -0 (the sign bit alone) becomes +0.
    keys[index] = word >>> 31 === 0 ? word ^ 0x80000000 : word === 0x80000000 ? 0x80000000 : ~word;
  }
  return keys;
}

/** The score behind a key of keysOfFloat32(). */
export function float32OfKey(key: number): number {
  return new Float32Array(Uint32Array.of(key >>> 31 === 1 ? key ^ 0x80000000 : ~key).buffer)[0]!;
}

function keysOfFloat64(scores: Float64Array | readonly number[]): Uint32Array {
  let exact = true;
  for (let index = 0; index < scores.length; index++) {
    const score = scores[index]!;
    if (Number.isNaN(score)) throw notANumber(index);
    if (Math.fround(score) !== score) exact = false;
  }
  if (exact) return keysOfFloat32(Float32Array.from(scores));
  const sorted = Float64Array.from(scores, (score) => score + 0).sort();
  let numDistinct = 0;
  for (let index = 0; index < sorted.length; index++) {
    if (index === 0 || sorted[index] !== sorted[index - 1]) sorted[numDistinct++] = sorted[index]!;
  }
  return Uint32Array.from(scores, (score) => rankOf(score, sorted, numDistinct));
}

function rankOf(score: number, distinct: Float64Array, count: number): number {
  let low = 0;
  let high = count - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (distinct[middle]! < score) low = middle + 1;
    else high = middle;
  }
  return low;
}

function notANumber(index: number): DataError {
  return new DataError({
    code: "METRIC_NAN",
    message: "A score is not a number",
    expected: "scores that can be ordered",
    got: "NaN",
    where: `score ${index}`,
  });
}
