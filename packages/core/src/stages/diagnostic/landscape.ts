import { z } from "zod";
import type { EvaluationResult } from "../stage.ts";

const coordinate = z.number().min(0).max(1);

/** A hill on the unit square, for sweeps that are to have something to find. */
export const landscapeParams = z.strictObject({
  x: coordinate.default(0.5).describe("Best at 0.3"),
  y: coordinate.default(0.5).describe("Best at 0.7"),
  evaluateAtStep: z.int().min(0).default(0).describe("Step at which the evaluation is reported; 0 for the last one"),
});
export type LandscapeParams = z.infer<typeof landscapeParams>;

const numSamples = 24;

/** 1 at the top, 0.02 in the farthest corner. */
export function heightAt({ x, y }: LandscapeParams): number {
  return 1 - (x - 0.3) ** 2 - (y - 0.7) ** 2;
}

/** As if pictures had been scored: each has a difficulty of its own, the same in every run. */
export function evaluateLandscape(params: LandscapeParams): EvaluationResult {
  const height = heightAt(params);
  const samples = Array.from({ length: numSamples }, (_, index) => {
    const id = String(index);
    // Spread over 0 .. 0.1 without a pattern: multiples of the golden ratio.
    const difficulty = ((index * 0.618034) % 1) / 10;
    return { sampleId: id, clusterId: id, score: Math.max(0, height * (1 - difficulty)), detail: { difficulty } };
  });
  const score = samples.reduce((sum, sample) => sum + sample.score, 0) / samples.length;
  return { dataset: "landscape", split: "hill", condition: "full", metrics: { score }, samples };
}
