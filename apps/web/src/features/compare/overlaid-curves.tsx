"use client";

import type { Run } from "@retort/api";
import { useQueries } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { toWords } from "../../format/words.ts";
import { useTRPC } from "../../trpc/client.tsx";
import { Sheet } from "../../ui/panel.tsx";
import { Problem } from "../../ui/problem.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import type { CurvePoint } from "../charts/curve.ts";
import { curveGroups } from "../charts/curve-groups.ts";
import { CurvePanel } from "../charts/curve-panel.tsx";
import type { StepRange } from "../charts/curve-plot.tsx";
import { CurveControls } from "../run/curves-view.tsx";
import { runLabel } from "./run-label.ts";

/** The metrics of one stage, a plot each, with a line a run. */
export function OverlaidCurves({ runs }: { runs: readonly Run[] }) {
  const names = [
    ...new Set(runs.flatMap(({ stages }) => stages.filter(({ latest }) => latest.length > 0).map(({ name }) => name))),
  ];
  const [chosen, setChosen] = useState<string | null>(null);
  const name = chosen ?? names[0];
  if (name === undefined)
    return <p className="text-sm text-ink-2">No stage of these runs has reported a metric yet.</p>;
  return (
    <>
      {names.length > 1 && (
        <label className="mb-3 flex items-center gap-2 text-sm text-ink-2">
          Stage
          <select
            value={name}
            onChange={(event) => setChosen(event.target.value)}
            className="select h-9 rounded-md border border-control bg-surface pl-2.5 text-base text-ink"
          >
            {names.map((each) => (
              <option key={each} value={each}>
                {each}
              </option>
            ))}
          </select>
        </label>
      )}
      <StageCurves key={name} runs={runs} stageName={name} />
    </>
  );
}

function StageCurves({ runs, stageName }: { runs: readonly Run[]; stageName: string }) {
  const trpc = useTRPC();
  const [smoothing, setSmoothing] = useState(0);
  const [logScale, setLogScale] = useState(false);
  const [range, setRange] = useState<StepRange | null>(null);
  const stages = runs.map((run) => ({ run, stage: run.stages.find(({ name }) => name === stageName) }));
  const found = useQueries({
    queries: stages.map(({ stage }) =>
      trpc.stages.series.queryOptions(
        { stageId: stage?.id ?? "", maxPoints: 800 },
        { enabled: stage !== undefined, refetchInterval: stage?.finishedAt === null ? 3_000 : false },
      ),
    ),
  });
  const labels = useMemo(() => new Map(runs.map((run) => [run.id, runLabel(run)])), [runs]);
  const data = found.map((each) => each.data);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the array is new at every render, what it holds is not
  const byKey = useMemo(() => {
    const metrics = new Map<string, Map<string, readonly CurvePoint[]>>();
    data.forEach((each, index) => {
      for (const { key, points } of each?.series ?? []) {
        const curves = metrics.get(key) ?? new Map<string, readonly CurvePoint[]>();
        curves.set(runs[index]!.id, points);
        metrics.set(key, curves);
      }
    });
    return metrics;
  }, [runs, ...data]);
  const failed = found.find(({ error }) => error !== null);
  if (failed !== undefined) return <Problem error={failed.error} onRetry={() => void failed.refetch()} />;
  if (byKey.size === 0) return <Skeleton className="h-80" />;
  // In the order in which a run's own page shows them.
  const keys = curveGroups([...byKey.keys()]).flatMap((group) => group.keys);
  return (
    <>
      <CurveControls
        smoothing={smoothing}
        onSmoothing={setSmoothing}
        logScale={logScale}
        onLogScale={setLogScale}
        range={range}
        onRange={setRange}
      />
      <div className="grid grid-cols-1 gap-4 lg:grid-cols-2">
        {keys.map((key) => (
          <Sheet key={key} className="min-w-0">
            <CurvePanel
              group={{ id: key, title: toWords(key), keys: runs.map(({ id }) => id) }}
              curves={byKey.get(key)!}
              labels={labels}
              height={260}
              smoothing={smoothing}
              logScale={logScale}
              range={range}
              onRange={setRange}
              syncKey={`compare-${stageName}`}
            />
          </Sheet>
        ))}
      </div>
    </>
  );
}
