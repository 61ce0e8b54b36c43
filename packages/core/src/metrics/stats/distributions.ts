/// <reference path="./jstat.d.ts" />
import jStat from "jstat";
import { DataError } from "../../base/errors.ts";

/** P(|T| >= |t|) of Student's t, without cancellation in the far tail. */
export function studentTwoSided(t: number, degreesOfFreedom: number): number {
  if (!Number.isFinite(t)) return 0;
  return jStat.ibeta(degreesOfFreedom / (degreesOfFreedom + t * t), degreesOfFreedom / 2, 0.5);
}

/** t such that a share `confidence` of Student's t lies in [-t, t]. @throws DataError unless confidence is in (0, 1). */
export function studentHalfWidth(confidence: number, degreesOfFreedom: number): number {
  requireConfidence(confidence);
  return jStat.studentt.inv((1 + confidence) / 2, degreesOfFreedom);
}

/** P(Z <= z) of the standard normal, accurate in the lower tail. */
export function normalLower(z: number): number {
  return jStat.erfc(-z / Math.SQRT2) / 2;
}

/** @throws DataError STATS_CONFIDENCE unless it is in (0, 1). */
export function requireConfidence(confidence: number): void {
  if (confidence > 0 && confidence < 1) return;
  throw new DataError({
    code: "STATS_CONFIDENCE",
    message: "A confidence level is out of range",
    expected: "above 0 and below 1, such as 0.95",
    got: String(confidence),
  });
}
