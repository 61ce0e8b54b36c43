"use client";

import type { RunSummary } from "@retort/api";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { formatCount, formatValue } from "../../format/number.ts";
import { useTRPC } from "../../trpc/client.tsx";
import { Progress } from "../../ui/progress.tsx";
import { StatusIcon } from "../../ui/status.tsx";
import { ActiveTime, Ago, TimeLeft } from "../../ui/time.tsx";
import { shownStatus } from "../runs/run-status.ts";
import { progressFraction } from "../runs/stage-strip.tsx";
import { Sparkline } from "./sparkline.tsx";

const rowLook = "relative border-b border-line px-4 last:border-0 hover:bg-sunken/60 sm:px-5";

/** A run that is under way: what it does, how far it is, and the shape of its loss. */
export function LiveRun({ run }: { run: RunSummary }) {
  return shownStatus(run) === "running" ? <RunningRun run={run} /> : <WaitingRun run={run} />;
}

function WaitingRun({ run }: { run: RunSummary }) {
  return (
    <li className={`${rowLook} flex items-center justify-between gap-4 py-2.5`} data-run={run.id}>
      <RunName run={run} />
      <span className="text-sm whitespace-nowrap text-ink-3">
        {shownStatus(run) === "paused" ? "paused" : "waits"}, launched <Ago at={run.createdAt} />
      </span>
    </li>
  );
}

function RunningRun({ run }: { run: RunSummary }) {
  const { current } = run;
  const progress = current?.progress ?? null;
  return (
    <li className={`${rowLook} grid grid-cols-[minmax(0,1fr)_auto] gap-x-6 gap-y-2 py-4`} data-run={run.id}>
      <div className="min-w-0">
        <RunName run={run} />
        <p className="mt-1 text-sm text-ink-2">
          {current === null ? "Its next stage waits for a worker" : current.stageName}
          {progress !== null && (
            <span className="numeric">
              , {formatCount(progress.done)} of {formatCount(progress.total)} {progress.unit}
            </span>
          )}
        </p>
      </div>
      <LossSoFar runId={run.id} />
      <div className="col-span-2">
        <Progress fraction={progressFraction(progress)} label={`Progress of ${current?.stageName ?? run.name}`} />
        <p className="mt-1.5 flex justify-between text-xs text-ink-3">
          <span>
            stage <span className="numeric">{Math.min(run.numStages, run.numFinishedStages + 1)}</span> of{" "}
            <span className="numeric">{run.numStages}</span>,{" "}
            <ActiveTime clock={run.clock} isPaused={shownStatus(run) === "paused"} />
          </span>
          {progress?.secondsLeft != null && <TimeLeft seconds={progress.secondsLeft} />}
        </p>
      </div>
    </li>
  );
}

function RunName({ run }: { run: RunSummary }) {
  return (
    <p className="flex min-w-0 items-center gap-2">
      <StatusIcon status={shownStatus(run)} />
      <Link href={`/runs/${run.id}`} className="truncate font-medium after:absolute after:inset-0 hover:underline">
        {run.name}
      </Link>
    </p>
  );
}

/** The loss of whichever stage has one, as a number and as a shape. */
function LossSoFar({ runId }: { runId: string }) {
  const trpc = useTRPC();
  const run = useQuery(trpc.runs.get.queryOptions({ runId }, { refetchInterval: 2_000 }));
  const [loss] = (run.data?.stages ?? []).flatMap(({ id, latest }) =>
    latest.filter(({ key }) => /(^|\/)loss$/.test(key)).map(({ key, value }) => ({ stageId: id, key, value })),
  );
  const curve = useQuery(
    trpc.stages.series.queryOptions(
      { stageId: loss?.stageId ?? "", keys: loss === undefined ? [] : [loss.key], maxPoints: 120 },
      { enabled: loss !== undefined, refetchInterval: 2_000, placeholderData: (previous) => previous },
    ),
  );
  return (
    <div className="flex h-11 items-center gap-3">
      <span className="max-sm:hidden">
        <Sparkline points={curve.data?.series[0]?.points ?? []} />
      </span>
      {loss !== undefined && (
        <span className="w-14 text-right">
          <span className="label block">loss</span>
          <span className="numeric">{formatValue(loss.value)}</span>
        </span>
      )}
    </div>
  );
}
