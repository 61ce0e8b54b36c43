import type { Run } from "@retort/api";
import { seriesVariable } from "../charts/palette.ts";
import { runLabel } from "./run-label.ts";

/** The head of a table with a column a run, in the colours of their curves. */
export function RunHeads({ runs, first }: { runs: readonly Run[]; first: string }) {
  return (
    <thead>
      <tr className="border-b border-line text-xs text-ink-3 [&>th]:px-4 [&>th]:py-2 [&>th]:align-bottom [&>th]:font-normal">
        <th scope="col">{first}</th>
        {runs.map((run, index) => (
          <th key={run.id} scope="col" className="text-right">
            <span className="inline-flex max-w-44 flex-col items-end gap-1" title={run.name}>
              <span aria-hidden className="h-0.5 w-6 rounded" style={{ background: `var(${seriesVariable(index)})` }} />
              <span className="line-clamp-2 text-ink">{runLabel(run)}</span>
            </span>
          </th>
        ))}
      </tr>
    </thead>
  );
}
