"use client";

import "uplot/dist/uPlot.min.css";
import { useTheme } from "next-themes";
import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef } from "react";
import uPlot from "uplot";
import { formatValue } from "../../format/number.ts";
import { seriesDash, seriesVariable } from "./palette.ts";
import { columnsPerSeries, type PlotSeries, plotData } from "./plot-data.ts";

export interface StepRange {
  min: number;
  max: number;
}

export interface CurvePlotProps {
  series: readonly PlotSeries[];
  /** What the plot shows, for those who cannot see it. */
  description: string;
  height: number;
  smoothing: number;
  logScale: boolean;
  /** Steps shown; null shows all. */
  range: StepRange | null;
  onRange(range: StepRange | null): void;
  /** The step under the cursor; null when it left. */
  onCursor(step: number | null): void;
  /** Plots of one key move their cursors together. */
  syncKey: string;
}

/** Curves over steps. Drag to zoom, double-click to see all; with the keyboard: arrows, +, - and 0. */
export function CurvePlot(props: CurvePlotProps) {
  const { series, description, height, smoothing, logScale, range, syncKey } = props;
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const { resolvedTheme } = useTheme();
  const shape = series.map(({ key }) => key).join("\n");
  const data = useMemo(() => plotData(series, { smoothing, logScale }), [series, smoothing, logScale]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: data and range are set below without building anew
  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const built = new uPlot(options({ ...latest.current, width: element.clientWidth, latest }), data, element);
    plot.current = built;
    applyRange(built, latest.current.range);
    const observer = new ResizeObserver(() => {
      if (element.clientWidth > 0) built.setSize({ width: element.clientWidth, height });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      built.destroy();
      plot.current = null;
    };
  }, [shape, logScale, smoothing > 0, height, syncKey, resolvedTheme]);

  useEffect(() => {
    const built = plot.current;
    if (built === null) return;
    if (built.data !== data) built.setData(data, false);
    applyRange(built, range);
  }, [data, range]);

  const onKeyDown = useCallback((event: KeyboardEvent) => {
    if (plot.current !== null && steer(plot.current, event.key, latest.current.onRange)) event.preventDefault();
  }, []);

  return (
    <div
      ref={host}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the plot is steered with the keyboard
      tabIndex={0}
      role="img"
      aria-label={description}
      onKeyDown={onKeyDown}
      style={{ height }}
      className="min-w-0"
    />
  );
}

function applyRange(plot: uPlot, range: StepRange | null): void {
  const steps = plot.data[0];
  const first = steps[0] ?? 0;
  const last = steps.at(-1) ?? 1;
  plot.setScale("x", range ?? { min: first, max: last > first ? last : first + 1 });
}

function cssColor(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function options(props: CurvePlotProps & { width: number; latest: { current: CurvePlotProps } }): uPlot.Options {
  const { series, width, height, logScale, smoothing, syncKey, latest } = props;
  const font = `11px ${getComputedStyle(document.body).fontFamily}`;
  const axis = {
    stroke: cssColor("--ink-3"),
    font,
    grid: { stroke: cssColor("--line"), width: 1 },
    ticks: { show: false },
  } satisfies uPlot.Axis;
  const sync = uPlot.sync(syncKey);
  return {
    width,
    height,
    padding: [8, 18, 0, 0],
    legend: { show: false },
    scales: {
      x: { time: false },
      y: logScale ? { distr: 3 } : { range: (_, min, max) => paddedRange(min, max) },
    },
    axes: [
      {
        ...axis,
        size: 26,
        gap: 4,
        space: 70,
        values: (_, values) => values.map((value) => (Number.isInteger(value) ? formatValue(value) : "")),
      },
      {
        ...axis,
        size: 56,
        gap: 6,
        values: (_, values) => values.map((value) => (value === null ? "" : tickLabel(value))),
      },
    ],
    cursor: {
      x: true,
      y: false,
      points: { size: 6 },
      drag: { x: true, y: false, setScale: false },
      sync: {
        key: sync.key,
        setSeries: false,
        scales: ["x", null],
        filters: { pub: (type) => type === "mousemove" || type === "mouseleave" },
      },
      bind: {
        dblclick: () => () => {
          latest.current.onRange(null);
          return null;
        },
      },
    },
    series: [{}, ...series.flatMap((_, index) => seriesColumns(index, smoothing > 0))],
    bands: series.map((_, index) => {
      const column = 1 + index * columnsPerSeries;
      return {
        series: [column + 2, column + 3],
        fill: `color-mix(in srgb, ${cssColor(seriesVariable(index))} 20%, transparent)`,
      };
    }),
    hooks: {
      setCursor: [
        (plot) => {
          const { idx } = plot.cursor;
          latest.current.onCursor(idx == null || (plot.cursor.left ?? -1) < 0 ? null : (plot.data[0][idx] ?? null));
        },
      ],
      setSelect: [
        (plot) => {
          const { left, width: selected } = plot.select;
          if (selected < 4) return;
          const [min, max] = [plot.posToVal(left, "x"), plot.posToVal(left + selected, "x")];
          plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
          if (max - min >= 1) latest.current.onRange({ min, max });
        },
      ],
    },
  };
}

/** Air above and below the curve, without going below zero for values that cannot. */
function paddedRange(min: number | null, max: number | null): [number, number] {
  if (min === null || max === null) return [0, 1];
  const span = max - min || Math.abs(max) || 1;
  const low = min - 0.06 * span;
  return [min >= 0 ? Math.max(0, low) : low, max + 0.06 * span];
}

function seriesColumns(index: number, smoothing: boolean): uPlot.Series[] {
  const stroke = cssColor(seriesVariable(index));
  const dash = [...seriesDash(index)];
  const edge: uPlot.Series = { stroke: "transparent", width: 0, points: { show: false }, spanGaps: true };
  return [
    { stroke, width: 1.75, dash, spanGaps: true, points: { show: (plot) => plot.data[0].length < 3 } },
    {
      stroke: `color-mix(in srgb, ${stroke} 32%, transparent)`,
      width: 1,
      spanGaps: true,
      points: { show: false },
      show: smoothing,
    },
    edge,
    edge,
  ];
}

function tickLabel(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e5))
    return value.toExponential(1).replace(".0e", "e").replace("e+", "e").replace("-", "−");
  return String(Number(value.toPrecision(4))).replace("-", "−");
}

/** Moves the cursor or the range by one key. @returns whether the key meant something here */
function steer(plot: uPlot, key: string, onRange: (range: StepRange | null) => void): boolean {
  const steps = plot.data[0];
  const { min, max } = plot.scales.x ?? {};
  if (steps.length === 0 || min == null || max == null) return false;
  const at = plot.cursor.idx ?? steps.length - 1;
  const center = steps[at] ?? (min + max) / 2;
  switch (key) {
    case "ArrowLeft":
    case "ArrowRight": {
      const next = Math.min(steps.length - 1, Math.max(0, at + (key === "ArrowLeft" ? -1 : 1)));
      plot.setCursor({ left: plot.valToPos(steps[next]!, "x"), top: plot.over.clientHeight / 2 });
      return true;
    }
    case "+":
    case "=":
    case "-": {
      const half = ((max - min) / 2) * (key === "-" ? 2 : 0.5);
      const [first, last] = [steps[0]!, steps.at(-1)!];
      const range = { min: Math.max(first, center - half), max: Math.min(last, center + half) };
      if (range.max - range.min >= 1) onRange(range.min <= first && range.max >= last ? null : range);
      return true;
    }
    case "0":
    case "Escape":
      onRange(null);
      return true;
    default:
      return false;
  }
}
