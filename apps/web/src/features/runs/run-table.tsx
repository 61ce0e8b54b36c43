"use client";

import type { RunSummary } from "@retort/api";
import { Sheet } from "../../ui/panel.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { useChangedParams } from "./changed-params.tsx";
import { RunCard, RunRow, type RunSelection } from "./run-row.tsx";

/** Runs, newest first; null while loading. A table where there is room for one, else cards. */
export function RunTable({
  runs,
  label,
  selection,
}: {
  runs: readonly RunSummary[] | null;
  label: string;
  selection?: RunSelection;
}) {
  const changesOf = useChangedParams(runs ?? []);
  return (
    <Sheet className="overflow-hidden">
      <table aria-label={label} className="hidden w-full text-left lg:table">
        <thead>
          <tr className="border-b border-line text-xs text-ink-3 [&>th]:h-9 [&>th]:font-normal [&>th]:whitespace-nowrap">
            {selection !== undefined && (
              <th scope="col" className="w-8 pl-4">
                <span className="sr-only">Compare</span>
              </th>
            )}
            <th scope="col" className="w-32 pl-4">
              Status
            </th>
            <th scope="col">Run</th>
            <th scope="col" className="w-32">
              Recipe
            </th>
            <th scope="col" className="w-12 pr-4 text-right">
              Seed
            </th>
            <th scope="col" className="w-36">
              Stages
            </th>
            <th scope="col" className="w-28 pr-6 text-right">
              Result
            </th>
            <th scope="col" className="w-28 pr-4 text-right">
              Duration
            </th>
            <th scope="col" className="w-28 pr-4 text-right">
              Launched
            </th>
          </tr>
        </thead>
        <tbody>
          {runs === null ? (
            <SkeletonRows rows={6} columns={selection === undefined ? 8 : 9} />
          ) : (
            runs.map((run) => <RunRow key={run.id} run={run} changes={changesOf(run)} selection={selection} />)
          )}
        </tbody>
      </table>
      <ul aria-label={label} className="lg:hidden">
        {runs === null ? (
          <li className="skeleton m-4 h-40" />
        ) : (
          runs.map((run) => <RunCard key={run.id} run={run} changes={changesOf(run)} selection={selection} />)
        )}
      </ul>
    </Sheet>
  );
}

/** Metrics that lists show while there is no result yet. */
export const lossKeys = ["loss", "train/loss"];
