import { dot, line, plot, ruleX, text } from "@observablehq/plot";
import type { Sweep, Trial } from "@retort/api";
import { formatScore, formatValue, type ScoreUnit } from "../../../format/number.ts";
import { figureStyle } from "../../charts/figure.tsx";
import { printValue, shortPath } from "../point.ts";
import { bestSoFar } from "../trials.ts";

type Objective = Sweep["objective"];

/** A trial that has a value. */
export type Measured = Trial & { value: number };

export function measured(trials: readonly Trial[]): Measured[] {
  return trials.filter((trial): trial is Measured => trial.value !== null);
}

/** One line on a trial, for tips. */
function title(trial: Trial, { label, unit }: Objective): string {
  const parts = [
    ...Object.entries(trial.labels),
    ...Object.entries(trial.point).map(([path, value]) => [shortPath(path), printValue(value)]),
  ];
  const head = `trial ${trial.trial}, seed ${trial.seed}: ${trial.value === null ? trial.status : `${label} ${formatScore(trial.value, unit)}`}`;
  return [head, ...parts.map(([name, value]) => `${name}: ${value}`)].join("\n");
}

function scoreTick(unit: ScoreUnit) {
  return (value: number) => (unit === "fraction" ? `${Number((value * 100).toPrecision(3))} %` : formatValue(value));
}

/** Values in the order of their trials, and the best so far; what ended without a value stands at the foot. */
export function objectivePlot(trials: readonly Trial[], objective: Objective, widthPx: number) {
  const values = measured(trials);
  const ended = trials.filter(
    ({ value, status }) => value === null && ["failed", "pruned", "cancelled"].includes(status),
  );
  const last = Math.max(1, ...trials.map(({ trial }) => trial));
  const best = bestSoFar(trials, objective.mode);
  const final = best.at(-1);
  const steps = final === undefined ? [] : [...best, { trial: last, value: final.value }];
  return plot({
    width: widthPx,
    height: 240,
    marginLeft: 52,
    marginBottom: 34,
    style: figureStyle,
    x: {
      label: "trial",
      domain: [0, last],
      tickFormat: (tick: number) => (Number.isInteger(tick) ? String(tick) : ""),
      ticks: Math.min(last, Math.max(2, Math.floor(widthPx / 90))),
    },
    y: { label: null, grid: true, tickFormat: scoreTick(objective.unit), ticks: 5, nice: true },
    marks: [
      line(steps, { x: "trial", y: "value", curve: "step-after", stroke: "var(--ink-3)", strokeDasharray: "4 3" }),
      dot(ended, {
        x: "trial",
        frameAnchor: "bottom",
        symbol: (trial: Trial) => (trial.status === "failed" ? "times" : "square"),
        stroke: (trial: Trial) => (trial.status === "failed" ? "var(--danger)" : "var(--ink-3)"),
        r: 3,
        title: (trial: Trial) => title(trial, objective),
        tip: true,
      }),
      dot(values, {
        x: "trial",
        y: "value",
        fill: "var(--series-1)",
        fillOpacity: 0.75,
        r: 3.5,
        title: (trial: Trial) => title(trial, objective),
        tip: true,
      }),
    ],
  });
}

export interface Column {
  /** Path of a parameter, or name of an ablation. */
  path: string;
  name: string;
  read(trial: Trial): unknown;
  /** Numbers lie on a scale; anything else, and short lists of numbers, side by side. */
  scale: "linear" | "log" | "category";
}

/** The objective over one parameter, everything else left as it came; a bar marks the mean of a category. */
export function effectPlot(
  trials: readonly Trial[],
  column: Column,
  context: { objective: Objective; widthPx: number },
) {
  const { objective, widthPx } = context;
  const values = measured(trials).filter((trial) => column.read(trial) !== undefined);
  const { scale } = column;
  const isCategory = scale === "category";
  const x = isCategory
    ? (trial: Trial) => printValue(column.read(trial))
    : (trial: Trial) => column.read(trial) as number;
  const points = {
    x,
    y: "value",
    fill: "var(--series-1)",
    fillOpacity: 0.6,
    r: 3,
    title: (trial: Trial) => title(trial, objective),
    tip: true,
  };
  return plot({
    width: widthPx,
    height: 200,
    marginLeft: 50,
    marginBottom: 32,
    style: figureStyle,
    x:
      scale === "category"
        ? { type: "point", padding: 0.6, label: null, domain: categories(values, column) }
        : {
            type: scale,
            label: null,
            ticks: 4,
            tickFormat: (tick: number) => formatValue(tick),
            nice: scale === "linear",
          },
    y: { label: null, grid: true, tickFormat: scoreTick(objective.unit), ticks: 4, nice: true },
    marks: [
      dot(values, points),
      ...(isCategory
        ? [
            dot(meansOf(values, x as (trial: Trial) => string), {
              x: "label",
              y: "mean",
              symbol: "diamond2",
              r: 6,
              stroke: "var(--ink)",
              strokeWidth: 1.5,
            }),
          ]
        : []),
    ],
  });
}

function categories(trials: readonly Measured[], column: Column): string[] {
  const found = [...new Set(trials.map((trial) => column.read(trial)))];
  const isNumeric = found.every((value) => typeof value === "number");
  return (isNumeric ? (found as number[]).sort((a, b) => a - b) : found).map(printValue);
}

function meansOf(trials: readonly Measured[], labelOf: (trial: Trial) => string) {
  return [...new Set(trials.map(labelOf))].map((label) => {
    const members = trials.filter((trial) => labelOf(trial) === label);
    return { label, mean: members.reduce((sum, { value }) => sum + value, 0) / members.length };
  });
}

/** A line a trial through its value of every parameter, coloured by what it reached. */
export function parallelPlot(
  trials: readonly Trial[],
  columns: readonly Column[],
  context: { objective: Objective; widthPx: number },
) {
  const { objective, widthPx } = context;
  const values = measured(trials);
  const goal: Column = {
    path: "",
    name: objective.label,
    read: ({ value }) => value ?? undefined,
    scale: "linear",
  };
  const axes = [
    ...columns.map((column) => axisOf(column, values)),
    axisOf(goal, values, (value) => formatScore(value, objective.unit)),
  ];
  const rows = values.flatMap((trial) =>
    axes.flatMap(({ name, at, column }) => {
      const position = at(column.read(trial));
      return position === null ? [] : [{ axis: name, position, trial: trial.trial, value: trial.value, of: trial }];
    }),
  );
  const ticks = axes.flatMap(({ name, labels }) => labels.map((label) => ({ axis: name, ...label })));
  // The best lines are drawn last, above the others.
  const sign = objective.mode === "max" ? 1 : -1;
  rows.sort((a, b) => sign * (a.value - b.value));
  return plot({
    width: widthPx,
    height: 300,
    marginTop: 28,
    marginBottom: 16,
    marginLeft: 24,
    marginRight: 40,
    style: figureStyle,
    x: { type: "point", domain: axes.map(({ name }) => name), label: null, axis: "top", tickSize: 0 },
    y: { axis: null, domain: [0, 1] },
    color: { type: "linear", reverse: objective.mode === "min", interpolate: shade },
    marks: [
      ruleX(axes, { x: "name", stroke: "var(--line-strong)" }),
      line(rows, {
        x: "axis",
        y: "position",
        z: "trial",
        stroke: "value",
        strokeOpacity: 0.7,
        strokeWidth: 1.3,
        curve: "bump-x",
        sort: null,
      }),
      text(ticks, {
        x: "axis",
        y: "position",
        text: "label",
        dx: 5,
        textAnchor: "start",
        fill: "var(--ink-2)",
        stroke: "var(--surface)",
        strokeWidth: 3,
        paintOrder: "stroke",
      }),
    ],
  });
}

/** From grey to copper. Mixed by the browser: the page's colours are variables, which a script could not interpolate. */
function shade(share: number): string {
  return `color-mix(in oklab, var(--series-2) ${Math.round(share * 100)}%, var(--line-strong))`;
}

interface Axis {
  name: string;
  column: Column;
  /** Place on the axis, 0 below and 1 above; null where the trial has no value. */
  at(value: unknown): number | null;
  labels: { position: number; label: string }[];
}

function axisOf(column: Column, trials: readonly Measured[], print: (value: number) => string = printValue): Axis {
  const found = trials.map((trial) => column.read(trial)).filter((value) => value !== undefined);
  if (column.scale === "category") {
    const names = categories(
      trials.filter((trial) => column.read(trial) !== undefined),
      column,
    );
    const place = (name: string) => (names.length === 1 ? 0.5 : names.indexOf(name) / (names.length - 1));
    return {
      name: column.name,
      column,
      at: (value) => (value === undefined ? null : place(printValue(value))),
      labels: names.map((name) => ({ position: place(name), label: name })),
    };
  }
  const numbers = found as number[];
  const warp = column.scale === "log" ? Math.log : (value: number) => value;
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  const place = (value: number) => (high === low ? 0.5 : (warp(value) - warp(low)) / (warp(high) - warp(low)));
  return {
    name: column.name,
    column,
    at: (value) => (typeof value === "number" ? place(value) : null),
    labels: (high === low ? [low] : [low, high]).map((value) => ({
      position: place(value),
      label: print(value),
    })),
  };
}
