import type { Sweep, TrialStatus } from "@retort/api";
import { formatCount } from "../../../format/number.ts";
import { cx } from "../../../ui/class-names.ts";

// What runs is no result yet: hatched, so that it does not pass for more of what is done.
const hatched = "bg-running/30 bg-[repeating-linear-gradient(-45deg,var(--running)_0_2px,transparent_2px_5px)]";

const parts: readonly { status: TrialStatus; label: string; color: string }[] = [
  { status: "succeeded", label: "done", color: "bg-success" },
  { status: "pruned", label: "pruned", color: "bg-control" },
  { status: "failed", label: "failed", color: "bg-danger" },
  { status: "cancelled", label: "cancelled", color: "bg-line-strong" },
  { status: "running", label: "running", color: hatched },
  { status: "paused", label: "paused", color: "bg-warn" },
  { status: "pending", label: "waiting", color: "bg-line" },
];

/** How the trials of a sweep stand, as one bar; with words below where there is room. */
export function TrialProgress({
  sweep,
  legend = false,
}: {
  sweep: Pick<Sweep, "counts" | "numTrials">;
  legend?: boolean;
}) {
  const { counts } = sweep;
  const asked = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const total = Math.max(1, sweep.numTrials ?? asked, asked);
  const present = parts.filter(({ status }) => counts[status] > 0);
  const text = present.map(({ status, label }) => `${counts[status]} ${label}`).join(", ");
  return (
    <div>
      <div
        role="img"
        aria-label={`Of ${sweep.numTrials ?? asked} trials: ${text || "none begun"}`}
        className="flex h-2 overflow-hidden rounded-full bg-line"
      >
        {present.map(({ status, color }) => (
          <span
            key={status}
            className={cx("h-full transition-[width] duration-500", color)}
            style={{ width: `${(100 * counts[status]) / total}%` }}
          />
        ))}
      </div>
      {legend && (
        <ul className="mt-2 flex flex-wrap gap-x-4 gap-y-1 text-sm" data-testid="trial-counts">
          {present.map(({ status, label, color }) => (
            <li key={status} className="flex items-center gap-1.5" data-trials={status}>
              <span aria-hidden className={cx("size-2 rounded-full border border-control/40", color)} />
              <span className="font-medium numeric">{formatCount(counts[status])}</span>
              <span className="text-ink-2">{label}</span>
            </li>
          ))}
          <li className="ml-auto text-ink-3 numeric">
            {sweep.numTrials === null ? `${formatCount(asked)} so far` : `${formatCount(sweep.numTrials)} in all`}
          </li>
        </ul>
      )}
    </div>
  );
}
