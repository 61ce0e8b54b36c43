"use client";

import type { RunSummary } from "@retort/api";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { formatCount, formatValue } from "../../format/number.ts";
import { useTRPC } from "../../trpc/client.tsx";
import { Progress } from "../../ui/progress.tsx";
import { StatusIcon } from "../../ui/status.tsx";
import { Elapsed, TimeLeft } from "../../ui/time.tsx";
import { progressFraction } from "../runs/stage-strip.tsx";
import { Sparkline } from "./sparkline.tsx";

/** A run that is under way: what it does, how far it is, and the shape of its loss. */
export function LiveRun({ run }: { run: RunSummary }) {
  const trpc = useTRPC();
  const details = useQuery(trpc.runs.get.queryOptions({ runId: run.id }, { refetchInterval: 2_000 }));
  const trained = details.data?.stages.find(({ latest }) => latest.some(({ key }) => key === "loss"));
  const curve = useQuery(
    trpc.stages.series.queryOptions(
      { stageId: trained?.id ?? "", keys: ["loss"], maxPoints: 120 },
      { enabled: trained !== undefined, refetchInterval: 2_000, placeholderData: (previous) => previous },
    ),
  );
  const points = curve.data?.series[0]?.points ?? [];
  const { current } = run;
  const progress = current?.progress ?? null;
  return (
    <li
      className="relative grid grid-cols-[minmax(0,1fr)_auto] gap-x-6 gap-y-2 border-b border-line px-5 py-4 last:border-0 hover:bg-sunken/60"
      data-run={run.id}
    >
      <div className="min-w-0">
        <p className="flex items-center gap-2">
          <StatusIcon status={run.status} />
          <Link href={`/runs/${run.id}`} className="truncate font-medium after:absolute after:inset-0 hover:underline">
            {run.name}
          </Link>
        </p>
        <p className="mt-1 text-sm text-ink-2">
          {current === null ? (run.status === "queued" ? "Waits for a worker" : "Between stages") : current.stageName}
          {progress !== null && (
            <span className="numeric">
              , {formatCount(progress.done)} of {formatCount(progress.total)} {progress.unit}
            </span>
          )}
        </p>
      </div>
      <div className="flex min-h-10 items-center gap-3">
        <Sparkline points={points} />
        <span className="w-16 text-right">
          <span className="label block">loss</span>
          <span className="numeric">{run.metrics.loss === undefined ? "–" : formatValue(run.metrics.loss)}</span>
        </span>
      </div>
      <div className="col-span-2">
        <Progress fraction={progressFraction(progress)} label={`Progress of ${current?.stageName ?? run.name}`} />
        <p className="mt-1.5 flex justify-between text-xs text-ink-3">
          <span>
            stage {Math.min(run.numStages, run.numFinishedStages + 1)} of {run.numStages},{" "}
            <Elapsed from={run.startedAt} to={run.finishedAt} />
          </span>
          {progress?.secondsLeft != null && <TimeLeft seconds={progress.secondsLeft} />}
        </p>
      </div>
    </li>
  );
}
