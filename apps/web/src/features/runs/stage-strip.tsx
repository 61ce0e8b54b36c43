import type { RunSummary } from "@retort/api";
import { cx } from "../../ui/class-names.ts";

type Progress = NonNullable<RunSummary["current"]>["progress"];

/** How far a stage is by its own count, in [0, 1]; 0 before it has reported. */
export function progressFraction(progress: Progress): number {
  return progress === null || progress.total <= 0 ? 0 : Math.min(1, progress.done / progress.total);
}

/** A run's stages as one bar of segments, each filled as far as it is. */
export function StageStrip({ run, className }: { run: RunSummary; className?: string }) {
  const { numStages, numFinishedStages, current, status } = run;
  const fraction = current === null ? 0 : progressFraction(current.progress);
  const note = current === null ? "" : `, ${current.stageName} at ${Math.round(fraction * 100)} %`;
  const text = `${numFinishedStages} of ${numStages} stages finished${note}`;
  // Of a run that failed the list does not know which stages did: they end grey, the status says the rest.
  const endColor = status === "failed" || status === "cancelled" ? "bg-control" : "bg-success";
  const fillOf = (index: number) => {
    if (index < numFinishedStages) return { width: 1, color: endColor };
    return { width: index === numFinishedStages ? fraction : 0, color: "bg-running" };
  };
  return (
    <div role="img" aria-label={text} title={text} className={cx("flex gap-0.5", className)}>
      {Array.from({ length: numStages }, (_, index) => {
        const { width, color } = fillOf(index);
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: segments are known by their place
          <span key={index} className="h-1.5 min-w-2 flex-1 overflow-hidden rounded-[1px] bg-line">
            <span className={cx("block h-full", color)} style={{ width: `${width * 100}%` }} />
          </span>
        );
      })}
    </div>
  );
}
