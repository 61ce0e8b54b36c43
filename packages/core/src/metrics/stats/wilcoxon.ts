import { DataError } from "../../base/errors.ts";
import { normalLower } from "./distributions.ts";
import { differencesOf, type Pairs, requireDifference } from "./paired.ts";

export interface WilcoxonOptions {
  /** "exact" enumerates the null distribution and admits no ties; "approx" is normal, corrected for ties. */
  method: "exact" | "approx";
  /** Of the normal approximation, by one half. */
  continuityCorrection?: boolean;
}

export interface Wilcoxon {
  /** The smaller of the two rank sums. */
  w: number;
  wPlus: number;
  wMinus: number;
  numNonzero: number;
  pTwoSided: number;
}

/**
 * Wilcoxon's signed-rank test of a - b: zero differences are dropped, ties get mid-ranks.
 * @throws DataError for unequal lengths, differences that are all 0, or ties with method "exact".
 */
export function wilcoxonSignedRank(pairs: Pairs, { method, continuityCorrection = false }: WilcoxonOptions): Wilcoxon {
  const all = differencesOf(pairs);
  requireDifference(all);
  const differences = all.filter((difference) => difference !== 0);
  const { ranks, tieSizes } = midRanks(differences.map(Math.abs));
  let wPlus = 0;
  let wMinus = 0;
  differences.forEach((difference, index) => {
    if (difference > 0) wPlus += ranks[index]!;
    else wMinus += ranks[index]!;
  });
  const w = Math.min(wPlus, wMinus);
  const n = differences.length;
  if (method === "exact" && tieSizes.some((size) => size > 1)) throw tiesInExact();
  const pTwoSided = method === "exact" ? exactTwoSided(w, n) : approxTwoSided({ w, n, tieSizes, continuityCorrection });
  return { w, wPlus, wMinus, numNonzero: n, pTwoSided };
}

/** P of a rank sum at most w, doubled: each rank is in the sum with probability one half. */
function exactTwoSided(w: number, n: number): number {
  let distribution = Float64Array.of(1);
  for (let rank = 1; rank <= n; rank++) {
    const next = new Float64Array(distribution.length + rank);
    distribution.forEach((probability, sum) => {
      next[sum]! += probability / 2;
      next[sum + rank]! += probability / 2;
    });
    distribution = next;
  }
  let lower = 0;
  for (let sum = 0; sum <= w; sum++) lower += distribution[sum]!;
  return Math.min(1, 2 * lower);
}

interface Approximation {
  w: number;
  n: number;
  tieSizes: readonly number[];
  continuityCorrection: boolean;
}

function approxTwoSided({ w, n, tieSizes, continuityCorrection }: Approximation): number {
  let variance = (n * (n + 1) * (2 * n + 1)) / 24;
  for (const size of tieSizes) variance -= (size ** 3 - size) / 48;
  const z = (w - (n * (n + 1)) / 4 + (continuityCorrection ? 0.5 : 0)) / Math.sqrt(variance);
  return Math.min(1, 2 * normalLower(z));
}

function midRanks(values: readonly number[]): { ranks: number[]; tieSizes: number[] } {
  const order = values.map((_, index) => index).sort((i, j) => values[i]! - values[j]!);
  const ranks = new Array<number>(values.length);
  const tieSizes: number[] = [];
  for (let first = 0; first < order.length; ) {
    let end = first + 1;
    while (end < order.length && values[order[end]!] === values[order[first]!]) end++;
    for (let at = first; at < end; at++) ranks[order[at]!] = (first + 1 + end) / 2;
    tieSizes.push(end - first);
    first = end;
  }
  return { ranks, tieSizes };
}

function tiesInExact(): DataError {
  return new DataError({
    code: "STATS_TIES",
    message: "The exact signed-rank distribution admits no ties",
    expected: "absolute differences that are all different",
    got: "ties",
    fix: 'Use method "approx".',
  });
}
