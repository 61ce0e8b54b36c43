"use client";

import type { Sweep } from "@retort/api";
import { useQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { useTRPC } from "../../../trpc/client.tsx";
import { Empty } from "../../../ui/empty.tsx";
import { Panel, Sheet } from "../../../ui/panel.tsx";
import { ScrollRegion } from "../../../ui/scroll-region.tsx";
import { Figure } from "../../charts/figure.tsx";
import { type Column, effectPlot, measured, parallelPlot } from "./plots.ts";
import type { Trials } from "./use-live-sweep.ts";

/** What each parameter does to the objective, the telling ones first, and all of them together. */
export function SweepEffects({
  sweep,
  trials,
  columns,
  live,
}: {
  sweep: Sweep;
  trials: Trials;
  columns: readonly Column[];
  live: boolean;
}) {
  const trpc = useTRPC();
  const importance = useQuery(
    trpc.sweeps.importance.queryOptions(
      { sweepId: sweep.id },
      { refetchInterval: live ? 8_000 : false, placeholderData: (previous) => previous },
    ),
  );
  const explained = new Map(importance.data?.map(({ parameter, explained }) => [parameter, explained]));
  if (measured(trials).length < 2) {
    return (
      <Empty title="Too few results yet">
        Plots appear when two trials have a value: the objective over each parameter, and a line a trial through all of
        them.
      </Empty>
    );
  }
  const ranked = columns.toSorted((a, b) => (explained.get(b.path) ?? -1) - (explained.get(a.path) ?? -1));
  return (
    <div className="flex flex-col gap-10">
      <div className="grid grid-cols-1 gap-4 md:grid-cols-2 xl:grid-cols-3">
        {ranked.map((column) => (
          <Sheet key={column.path} className="min-w-0 px-3 pt-2.5 pb-1">
            <p className="flex items-baseline justify-between gap-3">
              <span className="truncate font-medium" title={column.path}>
                {column.name}
              </span>
              <span className="text-xs whitespace-nowrap text-ink-3">{explanation(explained.get(column.path))}</span>
            </p>
            <Effect trials={trials} column={column} objective={sweep.objective} />
          </Sheet>
        ))}
      </div>
      {columns.length > 1 && (
        <Panel id="parallel" title="All parameters at once" note="a line a trial, the best in colour">
          <Sheet>
            <ScrollRegion label="All parameters at once" className="rounded-[inherit] px-3 py-3">
              <div style={{ minWidth: 110 * (columns.length + 1) }}>
                <Parallel trials={trials} columns={ranked} objective={sweep.objective} />
              </div>
            </ScrollRegion>
          </Sheet>
        </Panel>
      )}
    </div>
  );
}

function explanation(share: number | null | undefined): string {
  if (share === null || share === undefined) return "";
  return `explains ${Math.round(share * 100)} % of the variance`;
}

interface EffectProps {
  trials: Trials;
  objective: Sweep["objective"];
}

function Effect({ trials, column, objective }: EffectProps & { column: Column }) {
  // biome-ignore lint/correctness/useExhaustiveDependencies: columns are made anew with the trials; their path and scale tell them apart
  const build = useCallback(
    (widthPx: number) => effectPlot(trials, column, { objective, widthPx }),
    [trials, column.path, column.scale, objective.metric],
  );
  return (
    <Figure build={build} minHeight={200} description={`${objective.label} over ${column.path}, a dot a trial.`} />
  );
}

function Parallel({ trials, columns, objective }: EffectProps & { columns: readonly Column[] }) {
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  const build = useCallback(
    (widthPx: number) => parallelPlot(trials, columns, { objective, widthPx }),
    [trials, columns.map(({ path }) => path).join("\n"), objective.metric],
  );
  return (
    <Figure
      build={build}
      minHeight={300}
      description={`Parallel coordinates of ${columns.map(({ path }) => path).join(", ")} and ${objective.label}. The table of trials has the same values.`}
    />
  );
}
