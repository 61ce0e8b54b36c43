"use client";

import type { RunPreview } from "@retort/api";
import { CircleDashed, CircleDot, CircleX, Recycle, Split } from "lucide-react";
import { cx } from "../../ui/class-names.ts";
import { Sheet } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";

type PlannedStage = RunPreview["runs"][number]["stages"][number];

/** What a launch would do: how many runs and stages, and what need not be done again. */
export function LaunchPlan({
  preview,
  stale,
  blockedBy,
}: {
  preview: RunPreview | null;
  stale: boolean;
  blockedBy: number;
}) {
  return (
    <Sheet className="px-4 py-4">
      <h2 className="mb-2 text-sm font-medium">Plan</h2>
      {preview !== null ? (
        <div className={cx("transition-opacity", stale && "opacity-60")} data-testid="plan">
          <Totals totals={preview.totals} />
          <ol aria-label="Stages" className="mt-3 border-t border-line pt-1">
            {preview.runs[0]?.stages.map((stage) => (
              <li key={stage.name} className="flex items-center gap-2 py-1 text-sm">
                <Fate stage={stage} />
              </li>
            ))}
          </ol>
          {preview.runs.length > 1 && (
            <p className="mt-1 text-xs text-ink-3">
              Shown for seed {preview.runs[0]?.seed}; the other seeds have the same stages.
            </p>
          )}
        </div>
      ) : blockedBy > 0 ? (
        <p className="text-sm text-ink-2">The plan appears when every value is valid.</p>
      ) : (
        <div className="flex flex-col gap-2.5 py-1">
          <Skeleton className="h-3.5 w-48" />
          <Skeleton className="h-3.5 w-32" />
          <Skeleton className="h-3.5 w-40" />
        </div>
      )}
    </Sheet>
  );
}

function Totals({ totals }: { totals: RunPreview["totals"] }) {
  const savedBySharing = totals.stages - totals.unique;
  const figures = [
    { label: totals.runs === 1 ? "run" : "runs", value: totals.runs },
    { label: totals.toExecute === 1 ? "stage to do" : "stages to do", value: totals.toExecute },
    { label: "reused", value: totals.reused },
    { label: "saved by sharing", value: savedBySharing },
  ];
  return (
    <dl className="flex flex-wrap gap-x-5 gap-y-1">
      {figures
        .filter(({ value }, index) => index < 2 || value > 0)
        .map(({ label, value }) => (
          <div key={label} className="flex items-baseline gap-1.5">
            <dd className="text-xl font-semibold numeric">{value}</dd>
            <dt className="text-sm text-ink-2">{label}</dt>
          </div>
        ))}
    </dl>
  );
}

function Fate({ stage }: { stage: PlannedStage }) {
  const { Icon, color, text } = fateOf(stage);
  return (
    <>
      <Icon aria-hidden className={cx("size-4 shrink-0", color)} />
      <span className="min-w-0 flex-1 truncate" title={stage.title}>
        {stage.name}
      </span>
      <span className="text-ink-3">{text}</span>
    </>
  );
}

function fateOf({ existing, shared }: PlannedStage) {
  if (existing === "succeeded") return { Icon: Recycle, color: "text-success", text: "reused, done already" };
  if (existing === "failed" || existing === "cancelled" || existing === "pruned")
    return { Icon: CircleX, color: "text-warn", text: `${existing} before, tried again` };
  if (existing !== null) return { Icon: CircleDot, color: "text-running", text: `reused, ${existing} now` };
  if (shared) return { Icon: Split, color: "text-ink-2", text: "done once for all seeds" };
  return { Icon: CircleDashed, color: "text-ink-3", text: "new" };
}
