import type { Overview } from "@retort/api";

type Counts = Overview["runCounts"];

/** How many runs are under way in all, in words; undefined when none is. */
export function underWay(counts: Counts): string | undefined {
  const parts = [
    [counts.running ?? 0, "running"],
    [counts.queued ?? 0, "queued"],
  ] as const;
  return (
    parts
      .filter(([count]) => count > 0)
      .map(([count, word]) => `${count} ${word}`)
      .join(", ") || undefined
  );
}

/** How many runs of each status are under way and not among those shown; statuses without one are left out. */
export function notShown(
  counts: Counts,
  shown: Overview["liveRuns"],
): { status: "running" | "queued"; count: number }[] {
  return (["running", "queued"] as const)
    .map((status) => ({
      status,
      count: (counts[status] ?? 0) - shown.filter((run) => run.status === status).length,
    }))
    .filter(({ count }) => count > 0);
}

/** Whether a run is there at all, in whichever state. */
export function hasRuns(counts: Counts): boolean {
  return Object.values(counts).some((count) => count > 0);
}
