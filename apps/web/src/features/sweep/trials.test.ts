import type { Trial } from "@retort/api";
import { expect, it } from "vitest";
import { columnNames, printValue } from "./point.ts";
import { bestSoFar, compareValues, meanDurationMs, pointGroups } from "./trials.ts";

function trial(number: number, lr: number, seed: number, value: number | null): Trial {
  return {
    trial: number,
    point: { lr, size: "nano" },
    labels: {},
    seed,
    runId: `run-${number}`,
    status: value === null ? "running" : "succeeded",
    value,
    stoppedAtStep: null,
    reason: null,
    failure: null,
    origin: null,
    watched: null,
    createdAt: new Date(0),
    startedAt: null,
    finishedAt: null,
    clock: null,
  };
}

it("takes the seeds of a point together, whatever the order of its parameters", () => {
  const reordered = { ...trial(3, 0.1, 1, 0.6), point: { size: "nano", lr: 0.1 } };
  const groups = pointGroups([trial(0, 0.1, 2, 0.8), trial(1, 0.2, 1, null), reordered]);
  expect(groups.map(({ n, mean, trials }) => [n, mean, trials.map(({ seed }) => seed)])).toEqual([
    [2, 0.7, [1, 2]],
    [0, null, [1]],
  ]);
  expect(groups[0]!.std).toBeCloseTo(0.1414, 4);
});

it("climbs from best to best, either way", () => {
  const trials = [trial(2, 1, 0, 0.7), trial(0, 1, 0, 0.5), trial(1, 1, 0, null), trial(3, 1, 0, 0.6)];
  expect(bestSoFar(trials, "max")).toEqual([
    { trial: 0, value: 0.5 },
    { trial: 2, value: 0.7 },
  ]);
  expect(bestSoFar(trials, "min")).toEqual([{ trial: 0, value: 0.5 }]);
});

it("takes the time of a point's seeds together, those that have not begun left out", () => {
  const clock = (seconds: number | null) => ({
    clock: { from: new Date(0), to: seconds === null ? null : new Date(1_000 * seconds) },
  });
  const ended = [clock(10), clock(40), { clock: null }];
  expect(meanDurationMs(ended, null)).toBe(25_000);
  expect(meanDurationMs([...ended, clock(null)], null)).toBeNull();
  expect(meanDurationMs([...ended, clock(null)], new Date(70_000))).toBe(40_000);
  expect(meanDurationMs([{ clock: null }], new Date())).toBeNull();
});

it("sorts numbers as numbers and keeps what is absent at the end", () => {
  const values = [10, undefined, 2, null, 30];
  expect(values.toSorted((a, b) => compareValues(a, b, false)).slice(0, 3)).toEqual([2, 10, 30]);
  expect(values.toSorted((a, b) => compareValues(a, b, true)).slice(0, 3)).toEqual([30, 10, 2]);
});

it("names columns as shortly as they stay apart", () => {
  expect([...columnNames(["teacher.size", "student.size", "training.lr"]).values()]).toEqual([
    "teacher.size",
    "student.size",
    "lr",
  ]);
  expect([0.00012346, 3, "a", [1, 2], { b: 1 }, undefined].map(printValue)).toEqual([
    "0.0001235",
    "3",
    "a",
    "1, 2",
    '{"b":1}',
    "–",
  ]);
});
