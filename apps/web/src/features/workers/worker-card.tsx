"use client";

import type { ListedWorker, WorkerSample } from "@retort/api";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { CirclePause, CirclePlay } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { formatBytes, formatCount } from "../../format/number.ts";
import { useTRPC } from "../../trpc/client.tsx";
import { Button } from "../../ui/button.tsx";
import { Sheet } from "../../ui/panel.tsx";
import { Problem } from "../../ui/problem.tsx";
import { Progress } from "../../ui/progress.tsx";
import { Ago, Elapsed, TimeLeft } from "../../ui/time.tsx";
import { Sparkline } from "../overview/sparkline.tsx";
import { progressFraction } from "../runs/stage-strip.tsx";
import { WorkerState } from "./worker-state.tsx";

const minutes = 15;

/** A machine: what it has, what it did in the last minutes, what it runs, and whether it takes more. */
export function WorkerCard({ worker }: { worker: ListedWorker }) {
  const isGone = worker.status === "gone";
  return (
    <Sheet className="min-w-0">
      <article id={worker.id} aria-label={worker.name} data-worker={worker.id} className="scroll-mt-16">
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 pt-3.5">
          <h2 className="text-lg font-semibold tracking-tight">{worker.name}</h2>
          <WorkerState status={worker.status} />
          {!isGone && (
            <div className="ml-auto">
              <DrainButton worker={worker} />
            </div>
          )}
        </div>
        <p className="flex flex-wrap gap-x-3 gap-y-1 px-4 pb-3 text-sm text-ink-2">
          <span>
            {worker.host}, process <span className="numeric">{worker.pid}</span>
          </span>
          <span className="numeric">
            {worker.devices.join(", ")}, {worker.threads} {worker.threads === 1 ? "thread" : "threads"},{" "}
            {formatBytes(worker.memoryBytes)}
          </span>
          <span className="text-ink-3">
            started <Ago at={worker.startedAt} />, last heard of <Ago at={worker.heartbeatAt} />
          </span>
        </p>
        {!isGone && <Load worker={worker} />}
        {!isGone && <Stages worker={worker} />}
      </article>
    </Sheet>
  );
}

function DrainButton({ worker }: { worker: ListedWorker }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const refresh = { onSettled: () => queries.invalidateQueries() };
  const drain = useMutation(trpc.workers.drain.mutationOptions(refresh));
  const undrain = useMutation(trpc.workers.undrain.mutationOptions(refresh));
  const change = worker.isDraining ? undrain : drain;
  return (
    <>
      <Button
        size="sm"
        disabled={change.isPending}
        onClick={() => change.mutate({ workerId: worker.id })}
        title={
          worker.isDraining
            ? "It takes stages again"
            : "It finishes what it runs and takes nothing new, until you let it"
        }
      >
        {worker.isDraining ? <CirclePlay /> : <CirclePause />} {worker.isDraining ? "Let it take stages" : "Drain"}
      </Button>
      {change.error !== null && <Problem error={change.error} />}
    </>
  );
}

function Load({ worker }: { worker: ListedWorker }) {
  const trpc = useTRPC();
  const detail = useQuery(
    trpc.workers.get.queryOptions({ workerId: worker.id, minutes, maxSamples: 240 }, { refetchInterval: 5_000 }),
  );
  const samples = detail.data?.samples ?? [];
  const newest = samples.at(-1) ?? worker.sample;
  if (newest === null) return null;
  return (
    <dl className="grid grid-cols-1 gap-px border-y border-line bg-line sm:grid-cols-3">
      <Gauge
        label="Processor"
        value={`${Math.round(newest.cpuLoad * 100)} %`}
        samples={samples}
        share={(sample) => sample.cpuLoad}
      />
      <Gauge
        label="Memory of the machine"
        value={`${formatBytes(newest.memoryUsedBytes)} of ${formatBytes(newest.memoryTotalBytes)}`}
        samples={samples}
        share={(sample) => sample.memoryUsedBytes / sample.memoryTotalBytes}
      />
      <Gauge
        label="Memory of its stages"
        value={formatBytes(newest.ownMemoryBytes)}
        samples={samples}
        share={(sample) => sample.ownMemoryBytes / sample.memoryTotalBytes}
      />
      {newest.gpus.map((gpu, index) => (
        <Gauge
          // biome-ignore lint/suspicious/noArrayIndexKey: processors of one name are told apart by their place
          key={index}
          label={gpu.name}
          value={gpu.load === null ? "–" : `${Math.round(gpu.load * 100)} %`}
          samples={samples}
          share={(sample) => sample.gpus[index]?.load ?? Number.NaN}
        />
      ))}
    </dl>
  );
}

function Gauge(props: {
  label: string;
  value: ReactNode;
  samples: readonly WorkerSample[];
  share(sample: WorkerSample): number;
}) {
  const points = props.samples.map((sample) => {
    const value = props.share(sample);
    return { step: sample.at.getTime(), min: value, max: value, last: value };
  });
  return (
    <div className="min-w-0 bg-surface px-4 py-2.5">
      <dt className="label">{props.label}</dt>
      <dd className="flex items-end justify-between gap-3 numeric">
        {props.value}
        <span className="-mt-4 shrink-0" title={`The last ${minutes} minutes`}>
          <Sparkline points={points} width={110} height={36} range={[0, 1]} />
        </span>
      </dd>
    </div>
  );
}

function Stages({ worker }: { worker: ListedWorker }) {
  if (worker.stages.length === 0) {
    return (
      <p className="px-4 py-3 text-sm text-ink-3">
        {worker.isDraining ? "Idle and takes nothing new: it can be stopped without losing work." : "Idle."}
      </p>
    );
  }
  return (
    <ul aria-label="Stages that it runs" className="px-4 py-1">
      {worker.stages.map(({ stageId, name, title, run, progress, startedAt }) => (
        <li key={stageId} className="border-b border-line py-2.5 text-sm last:border-0">
          <div className="flex flex-wrap items-baseline gap-x-3">
            <span className="font-medium" title={title}>
              {name}
            </span>
            {run !== null && (
              <Link href={`/runs/${run.id}`} className="min-w-0 truncate text-ink-2 hover:underline">
                {run.name}
              </Link>
            )}
            <span className="ml-auto text-xs text-ink-3 numeric">
              {progress !== null &&
                `${formatCount(progress.done)} of ${formatCount(progress.total)} ${progress.unit}, `}
              {progress?.secondsLeft != null ? (
                <TimeLeft seconds={progress.secondsLeft} />
              ) : (
                <Elapsed from={startedAt} to={null} />
              )}
            </span>
          </div>
          <Progress fraction={progressFraction(progress)} label={`Progress of ${name}`} className="mt-1.5" />
        </li>
      ))}
    </ul>
  );
}
