"use client";

import type { Stage } from "@retort/api";
import { Recycle } from "lucide-react";
import { formatDuration } from "../../format/duration.ts";
import { formatCount } from "../../format/number.ts";
import { cx } from "../../ui/class-names.ts";
import { Progress } from "../../ui/progress.tsx";
import { StatusIcon, statusLooks } from "../../ui/status.tsx";
import { TimeLeft } from "../../ui/time.tsx";
import { progressFraction } from "../runs/stage-strip.tsx";

/** A stage in the picture of its run; pressing it shows its curves and its log below. */
export function StageNode({ stage, selected, onSelect }: { stage: Stage; selected: boolean; onSelect(): void }) {
  const { status, progress, reused, earlier } = stage;
  // What it did before it gave way: it goes on from there.
  const kept = status === "ready" && progress !== null && progress.done > 0 ? progress : null;
  const shown = stage.isPaused && (status === "pending" || status === "ready") ? "paused" : status;
  return (
    <button
      type="button"
      aria-pressed={selected}
      onClick={onSelect}
      data-stage={stage.name}
      data-status={status}
      className={cx(
        "relative flex h-full w-full flex-col justify-center gap-0.5 overflow-hidden rounded-lg border bg-surface px-3 text-left transition-colors",
        selected ? "border-ink ring-1 ring-ink" : "border-line-strong hover:border-control",
      )}
    >
      <span className="flex items-center gap-2">
        <StatusIcon status={shown} />
        <span className="min-w-0 flex-1 truncate font-medium" title={stage.title}>
          {stage.name}
        </span>
        {reused && (
          <span
            className="inline-flex items-center gap-1 rounded-sm bg-sunken px-1.5 text-xs text-ink-2"
            title={
              earlier === null
                ? "An earlier run had asked for this very stage: it is executed once for all."
                : `Taken as it is from the run ${earlier.runName}.`
            }
          >
            <Recycle aria-hidden className="size-3" /> {earlier === null ? "reused" : "earlier"}
          </span>
        )}
      </span>
      <span className="flex items-baseline justify-between gap-2 text-xs text-ink-2">
        {status === "running" ? (
          progress === null ? (
            <span>Starting</span>
          ) : (
            <>
              <span
                className="min-w-0 truncate numeric"
                title={`${formatCount(progress.done)} / ${formatCount(progress.total)} ${progress.unit}`}
              >
                {formatCount(progress.done)} / {formatCount(progress.total)} {progress.unit}
              </span>
              {progress.secondsLeft !== null && (
                <span className="shrink-0">
                  <TimeLeft seconds={progress.secondsLeft} />
                </span>
              )}
            </>
          )
        ) : (
          <>
            <span className="min-w-0 truncate">
              {(status === "cancelled" && stage.waitingReason) || statusLooks[shown].label}
              {kept !== null && (
                <span className="numeric">
                  {" "}
                  at {formatCount(kept.done)} / {formatCount(kept.total)} {kept.unit}
                </span>
              )}
            </span>
            {stage.startedAt !== null && (
              <span className="shrink-0 numeric whitespace-nowrap">{formatDuration(stage.deviceSeconds * 1_000)}</span>
            )}
          </>
        )}
      </span>
      {(status === "running" || kept !== null) && (
        <span className="absolute inset-x-0 bottom-0">
          <Progress
            fraction={progressFraction(progress)}
            label={`Progress of ${stage.name}`}
            stands={status !== "running"}
            className="rounded-none"
          />
        </span>
      )}
    </button>
  );
}
