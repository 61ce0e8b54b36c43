import { z } from "zod";
import { pointKey } from "./point.ts";
import type { Point } from "./space.ts";

export const trialStatuses = ["pending", "running", "paused", "succeeded", "failed", "cancelled", "pruned"] as const;
export type TrialStatus = (typeof trialStatuses)[number];

/** Whether higher or lower objective values are better. */
export type Mode = "max" | "min";
export const modeSchema = z.enum(["max", "min"]).describe("Whether higher or lower values are better");

/** A value that a trial reported on its way. */
export interface Intermediate {
  /** Optimiser steps, epochs or whatever the budget counts. */
  step: number;
  /** Null or NaN: there was none. */
  value: number | null;
}

/** One run of a sweep, as samplers and pruners see it: a plain row. */
export interface Trial {
  /** Number within the sweep, from 0; stands for it in every decision. */
  trial: number;
  point: Point;
  /** pointKey(point), where it is stored: saves hashing the whole history at every ask. */
  key?: string;
  status: TrialStatus;
  /** Final objective; null while there is none. */
  value: number | null;
  /** In order of step. */
  intermediates: readonly Intermediate[];
  /** Sample (question, image) -> score, as far as they are known. */
  samples: Readonly<Record<string, number>>;
}

/** What is known of one point, its replicates taken together. */
export interface Observation {
  point: Point;
  key: string;
  state: "finished" | "pruned" | "failed" | "pending";
  /** finished: mean of the final values. pruned: the last value on the way, null when none came. Else null. */
  value: number | null;
  /** Largest step reported by a pruned replicate, 0 when none. */
  step: number;
}

/**
 * Joins replicates (equal points under other seeds): finished when any has a value, pending while all others are awaited,
 * pruned, failed. Cancelled trials tell nothing of a point, but it is taken.
 */
export function observationsOf(history: readonly Trial[]): Observation[] {
  const groups = new Map<string, Trial[]>();
  for (const trial of history) {
    const key = trial.key ?? pointKey(trial.point);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [trial]);
    else group.push(trial);
  }
  return [...groups].map(([key, trials]) => observe(trials, key));
}

function observe(trials: readonly Trial[], key: string): Observation {
  const point = trials[0]!.point;
  const values = trials.flatMap(({ status, value }) => (status === "succeeded" && isNumber(value) ? [value] : []));
  if (values.length > 0) return { point, key, state: "finished", value: mean(values), step: 0 };
  const pruned = trials.filter(({ status }) => status === "pruned").flatMap((trial) => lastOf(trial) ?? []);
  if (pruned.length > 0) {
    const step = Math.max(...pruned.map((last) => last.step));
    const value = mean(pruned.filter((last) => last.step === step).map((last) => last.value));
    return { point, key, state: "pruned", value, step };
  }
  if (trials.some(({ status }) => ["pending", "running", "paused"].includes(status))) {
    return { point, key, state: "pending", value: null, step: 0 };
  }
  const isPruned = trials.some(({ status }) => status === "pruned");
  return { point, key, state: isPruned ? "pruned" : "failed", value: null, step: 0 };
}

/** The last step with a number. */
export function lastOf({ intermediates }: Pick<Trial, "intermediates">): { step: number; value: number } | null {
  for (const { step, value } of intermediates.toReversed()) if (isNumber(value)) return { step, value };
  return null;
}

/** The number reported at exactly that step; null when there is none. */
export function numberAt({ intermediates }: Pick<Trial, "intermediates">, step: number): number | null {
  const value = intermediates.find((reported) => reported.step === step)?.value ?? null;
  return isNumber(value) ? value : null;
}

export function isNumber(value: number | null | undefined): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** Positive when a is better than b. */
export function advantage(a: number, b: number, mode: Mode): number {
  return mode === "max" ? a - b : b - a;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
