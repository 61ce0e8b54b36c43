import type { AlignedData } from "uplot";
import { type CurvePoint, smoothed } from "./curve.ts";

export interface PlotSeries {
  key: string;
  label: string;
  points: readonly CurvePoint[];
}

/** Columns of uPlot that one series takes: the line, its raw shadow, and the envelope's two edges. */
export const columnsPerSeries = 4;

/**
 * Series as uPlot's columns over the union of their steps.
 * @param options.logScale drops values that have no logarithm
 * @returns [steps, then per series: line, raw (only while smoothing), upper edge, lower edge]
 */
export function plotData(
  series: readonly PlotSeries[],
  { smoothing, logScale }: { smoothing: number; logScale: boolean },
): AlignedData {
  const steps = [...new Set(series.flatMap(({ points }) => points.map(({ step }) => step)))].sort((a, b) => a - b);
  const rows = new Map(steps.map((step, row) => [step, row]));
  const drawable = (value: number) => (Number.isFinite(value) && (!logScale || value > 0) ? value : null);
  const columns = series.flatMap(({ points }) => {
    const lines =
      smoothing === 0
        ? null
        : smoothed(
            points.map(({ last }) => last),
            smoothing,
          );
    const [line, raw, upper, lower] = Array.from({ length: columnsPerSeries }, () =>
      new Array<number | null | undefined>(steps.length).fill(undefined),
    );
    points.forEach((point, index) => {
      const row = rows.get(point.step)!;
      line![row] = drawable(lines === null ? point.last : lines[index]!);
      if (lines !== null) raw![row] = drawable(point.last);
      upper![row] = drawable(point.max);
      lower![row] = drawable(point.min);
    });
    return [line!, raw!, upper!, lower!];
  });
  return [steps, ...columns];
}
