import type { Rng } from "../../../base/rng.ts";

/** Red, green, blue, in [0, 1]. */
export type Rgb = readonly [number, number, number];

/** Pictures are drawn on a square of this side, whatever their size in pixels. */
export const SIDE = 128;

/** A drawn thing: every colour is a function of the place, x and y in [0, SIDE]. */
export interface Surface {
  color(x: number, y: number): Rgb;
  /** Where the thing itself is: defects are put there. */
  inside(x: number, y: number): boolean;
  /** A part that can be absent. */
  missingPart(rng: Rng): Patch;
}

/** Something laid over a surface. */
export interface Patch {
  /** "with a scratch": what a caption says about it. */
  words: string;
  /** Share of the surface that is hidden, in [0, 1]. */
  covers(x: number, y: number): number;
  /** What is seen instead, given what was there. */
  color(x: number, y: number, below: Rgb): Rgb;
}

export const scaled = ([r, g, b]: Rgb, factor: number): Rgb => [r * factor, g * factor, b * factor];

/** `a` at 0, `b` at 1. */
export function mixed(a: Rgb, b: Rgb, share: number): Rgb {
  return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share];
}

/** 0 below `from`, 1 above `to`, smooth between. */
export function smoothstep(from: number, to: number, value: number): number {
  const t = Math.min(1, Math.max(0, (value - from) / (to - from)));
  return t * t * (3 - 2 * t);
}

/** Uniform in [from, to). */
export const between = (rng: Rng, from: number, to: number): number => from + (to - from) * rng.uniform();
