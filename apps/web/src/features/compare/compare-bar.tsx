import Link from "next/link";
import { Button } from "../../ui/button.tsx";
import { compareHref, mostCompared } from "./limits.ts";

/** What can be done with picked runs; stays in sight while the list is scrolled. */
export function CompareBar({ runIds, onClear }: { runIds: readonly string[]; onClear(): void }) {
  const problem =
    runIds.length < 2
      ? "Pick another one to compare it with."
      : runIds.length > mostCompared
        ? `At most ${mostCompared} can be compared.`
        : null;
  return (
    <div className="sticky bottom-4 z-20 mx-auto mt-4 flex w-fit max-w-full flex-wrap items-center gap-3 rounded-lg border border-line-strong bg-surface px-4 py-2.5 shadow-float">
      <span role="status" className="text-sm">
        <span className="font-medium numeric">{runIds.length}</span> picked
        {problem !== null && <span className="text-ink-3">. {problem}</span>}
      </span>
      <Button size="sm" look="quiet" onClick={onClear}>
        Clear
      </Button>
      {problem === null && (
        <Button asChild size="sm" look="primary">
          <Link href={compareHref(runIds)}>Compare</Link>
        </Button>
      )}
    </div>
  );
}
