"use client";

import type { SweepPreview } from "@retort/api";
import { TriangleAlert } from "lucide-react";
import { formatDuration } from "../../../format/duration.ts";
import { formatCount } from "../../../format/number.ts";
import { cx } from "../../../ui/class-names.ts";
import { Sheet } from "../../../ui/panel.tsx";
import { ScrollRegion } from "../../../ui/scroll-region.tsx";
import { Skeleton } from "../../../ui/skeleton.tsx";
import { printValue, shortPath } from "../point.ts";

/** What a launch would do: runs, stages, what is shared and done already, how long it may take, the first points. */
export function SweepPlan(props: {
  preview: SweepPreview | null;
  stale: boolean;
  numErrors: number;
  isEmpty: boolean;
  refused: boolean;
}) {
  return (
    <Sheet className="px-4 py-4">
      <h2 className="mb-2 text-sm font-medium">Plan</h2>
      <Content {...props} />
    </Sheet>
  );
}

function Content({ preview, stale, numErrors, isEmpty, refused }: Parameters<typeof SweepPlan>[0]) {
  if (isEmpty) return <p className="text-sm text-ink-2">The plan appears when something varies.</p>;
  if (numErrors > 0) return <p className="text-sm text-ink-2">The plan appears when every value is valid.</p>;
  if (refused) return <p className="text-sm text-ink-2">The sweep cannot be planned like this; see below.</p>;
  if (preview === null) {
    return (
      <div className="flex flex-col gap-2.5 py-1">
        <Skeleton className="h-3.5 w-48" />
        <Skeleton className="h-3.5 w-32" />
        <Skeleton className="h-3.5 w-40" />
      </div>
    );
  }
  const { numRuns, numPoints, numSeeds, estimate } = preview;
  const figures = [
    { label: "stages to do", value: preview.toExecute },
    { label: "shared between runs", value: preview.sharedStages },
    { label: "done already", value: preview.finishedStages },
    { label: "if nothing were shared", value: preview.numStages },
  ];
  return (
    <div className={cx("transition-opacity", stale && "opacity-60")} data-testid="sweep-plan">
      <p className="flex items-baseline gap-1.5">
        <span className="text-xl font-semibold numeric">{formatCount(numRuns)}</span>
        <span className="text-sm text-ink-2">
          {numRuns === 1 ? "run" : "runs"}: <span className="numeric">{formatCount(numPoints)}</span>{" "}
          {numPoints === 1 ? "point" : "points"}, <span className="numeric">{numSeeds}</span>{" "}
          {numSeeds === 1 ? "seed" : "seeds"}
        </span>
      </p>
      <dl className="mt-2 grid grid-cols-[auto_1fr] gap-x-3 text-sm">
        {figures.map(({ label, value }) => (
          <div key={label} className="contents">
            <dd className="text-right font-medium numeric">{formatCount(value)}</dd>
            <dt className="text-ink-2">{label}</dt>
          </div>
        ))}
      </dl>
      {!preview.complete && (
        <p className="mt-1.5 text-xs text-ink-3">
          Counted over the first <span className="numeric">{formatCount(preview.plannedRuns)}</span> runs.
        </p>
      )}
      <p className="mt-2.5 border-t border-line pt-2.5 text-sm">
        {estimate.wallSeconds === null ? (
          <span className="text-ink-2">No estimate</span>
        ) : (
          <>
            about <span className="font-medium numeric">{formatDuration(estimate.wallSeconds * 1_000)}</span>
            {estimate.deviceSeconds !== null && (
              <span className="text-ink-2">
                {" "}
                (<span className="numeric">{formatDuration(estimate.deviceSeconds * 1_000)}</span> of device time)
              </span>
            )}
          </>
        )}
        <span className="block text-xs text-ink-3">{estimate.basis}</span>
      </p>
      {preview.warnings.map((warning) => (
        <p key={warning} className="mt-2 flex gap-2 text-sm">
          <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-warn" /> {warning}
        </p>
      ))}
      {preview.points.length > 0 && <FirstPoints preview={preview} />}
    </div>
  );
}

function FirstPoints({ preview }: { preview: SweepPreview }) {
  const ablations = Object.keys(preview.points[0]?.labels ?? {});
  return (
    <details className="mt-2.5 border-t border-line pt-2.5" open>
      <summary className="w-fit text-sm text-ink-2">First points</summary>
      <ScrollRegion label="First points" className="mt-1.5 max-h-64 overflow-y-auto">
        <table className="w-full text-left text-xs" aria-label="First points">
          <thead>
            <tr className="text-ink-3 [&>th]:pr-3 [&>th]:font-normal [&>th]:whitespace-nowrap">
              {ablations.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
              {preview.columns.map((path) => (
                <th key={path} scope="col" title={path}>
                  {shortPath(path)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody className="font-mono">
            {preview.points.map(({ trial, point, labels }) => (
              <tr key={trial} className="[&>td]:py-0.5 [&>td]:pr-3 [&>td]:whitespace-nowrap">
                {ablations.map((name) => (
                  <td key={name}>{labels[name]}</td>
                ))}
                {preview.columns.map((path) => (
                  <td key={path}>{printValue(point[path])}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollRegion>
    </details>
  );
}
