import type { Run } from "@retort/api";
import { seriesVariable } from "../charts/palette.ts";
import { runLabel } from "./run-label.ts";

/** The heads of a table with a column a run, in the colours of their curves. */
export function RunHeads({ runs, first }: { runs: readonly Run[]; first: string }) {
  return (
    <>
      <th scope="col" className="min-w-36">
        {first}
      </th>
      {runs.map((run, index) => (
        <th key={run.id} scope="col" className="min-w-28 text-right">
          <span className="inline-flex max-w-44 flex-col items-end gap-1 whitespace-normal" title={run.name}>
            <span aria-hidden className="h-0.5 w-6 rounded" style={{ background: `var(${seriesVariable(index)})` }} />
            <span className="line-clamp-2 text-ink">{runLabel(run)}</span>
          </span>
        </th>
      ))}
    </>
  );
}
