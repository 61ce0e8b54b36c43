"use client";

import { useMemo, useState } from "react";
import { formatCount, formatValue } from "../../format/number.ts";
import { toWords } from "../../format/words.ts";
import { cx } from "../../ui/class-names.ts";
import type { CurvePoint } from "./curve.ts";
import type { CurveGroup } from "./curve-groups.ts";
import { CurvePlot, type StepRange } from "./curve-plot.tsx";
import { seriesVariable } from "./palette.ts";

/** One pair of axes with its title and the values under the cursor, or the newest ones. */
export function CurvePanel(props: {
  group: CurveGroup;
  curves: ReadonlyMap<string, readonly CurvePoint[]>;
  height: number;
  smoothing: number;
  logScale: boolean;
  range: StepRange | null;
  onRange(range: StepRange | null): void;
  syncKey: string;
  /** What series are called, where their keys do not say it: several runs in one plot. */
  labels?: ReadonlyMap<string, string>;
  className?: string;
}) {
  const { group, curves, className, labels, ...plot } = props;
  const [cursor, setCursor] = useState<number | null>(null);
  const series = useMemo(
    () =>
      group.keys.map((key) => ({
        key,
        label: labels?.get(key) ?? seriesLabel(key, group),
        points: curves.get(key) ?? [],
      })),
    [group, curves, labels],
  );
  const readouts = series.map(({ key, label, points }) => ({ key, label, point: pointAt(points, cursor) }));
  const step = cursor ?? readouts.reduce((newest, { point }) => Math.max(newest, point?.step ?? 0), 0);
  return (
    <figure className={cx("min-w-0", className)} data-curve={group.id}>
      <figcaption className="flex min-h-6 flex-wrap items-baseline gap-x-3 px-3 pt-2.5">
        <span className="font-medium">{group.title}</span>
        <span className="flex flex-wrap gap-x-3 text-sm numeric">
          {readouts.map(({ key, label, point }, index) => (
            <span key={key} className="inline-flex items-baseline gap-1.5">
              {series.length > 1 && (
                <>
                  <span
                    aria-hidden
                    className="h-0.5 w-3.5 self-center rounded"
                    style={{ background: `var(${seriesVariable(index)})` }}
                  />
                  <span className="text-ink-3">{label}</span>
                </>
              )}
              <span className="text-ink-2">{point === null ? "–" : formatValue(point.last)}</span>
              {point !== null && point.min !== point.max && cursor !== null && (
                <span className="text-ink-3">
                  ({formatValue(point.min)} to {formatValue(point.max)})
                </span>
              )}
            </span>
          ))}
        </span>
        <span className={cx("ml-auto text-xs numeric", cursor === null ? "text-ink-3" : "text-ink-2")}>
          step {formatCount(step)}
        </span>
      </figcaption>
      <CurvePlot {...plot} series={series} onCursor={setCursor} description={describe(group, readouts, step)} />
    </figure>
  );
}

function seriesLabel(key: string, group: CurveGroup): string {
  const parts = key.split("/");
  return parts.length > 1 && group.keys.length > 1 ? key : toWords(parts.at(-1)!);
}

/** The first bucket that ends at a step or later: the one that covers it. */
function pointAt(points: readonly CurvePoint[], step: number | null): CurvePoint | null {
  if (step === null) return points.at(-1) ?? null;
  let [low, high] = [0, points.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle]!.step < step) low = middle + 1;
    else high = middle;
  }
  return points[low] ?? null;
}

function describe(group: CurveGroup, readouts: { label: string; point: CurvePoint | null }[], step: number): string {
  const values = readouts.map(
    ({ label, point }) => `${label} ${point === null ? "not measured yet" : formatValue(point.last)}`,
  );
  return `${group.title} over steps. At step ${step}: ${values.join(", ")}. Arrow keys move along the curve, plus and minus zoom, 0 shows all.`;
}
