"use client";

import type { Overview } from "@retort/api";
import { useQuery } from "@tanstack/react-query";
import { FlaskConical } from "lucide-react";
import Link from "next/link";
import { formatDuration } from "../../format/duration.ts";
import { formatBytes, formatCount } from "../../format/number.ts";
import { useTRPC } from "../../trpc/client.tsx";
import { Button } from "../../ui/button.tsx";
import { Command } from "../../ui/copy.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Panel, Sheet } from "../../ui/panel.tsx";
import { Problem } from "../../ui/problem.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { StatusIcon, statusLooks } from "../../ui/status.tsx";
import { Ago } from "../../ui/time.tsx";
import { listedStatuses } from "../runs/run-status.ts";
import { RunTable } from "../runs/run-table.tsx";
import { WorkerState } from "../workers/worker-state.tsx";
import { LiveRun } from "./live-run.tsx";
import { hasRuns, notShown, underWay } from "./under-way.ts";

/** What happens now, what happened last, and who works. */
export function OverviewView() {
  const trpc = useTRPC();
  const overview = useQuery(
    trpc.overview.get.queryOptions(undefined, {
      refetchInterval: ({ state }) => (state.data === undefined || state.data.liveRuns.length === 0 ? 6_000 : 2_000),
    }),
  );
  const { data } = overview;
  if (overview.error !== null && data === undefined)
    return <Problem error={overview.error} onRetry={() => void overview.refetch()} />;
  return (
    <div className="grid grid-cols-1 gap-x-10 gap-y-10 xl:grid-cols-[minmax(0,1fr)_20rem]">
      <div className="flex min-w-0 flex-col gap-10">
        {data !== undefined && !hasRuns(data.runCounts) ? (
          <FirstRun hasWorker={data.workers.some(({ status }) => status === "online")} />
        ) : (
          <>
            <Panel id="now" title="Now" note={data === undefined ? undefined : underWay(data.runCounts)}>
              {data === undefined ? (
                <Skeleton className="h-32 rounded-lg" />
              ) : data.liveRuns.length === 0 ? (
                <p className="text-sm text-ink-2">
                  Nothing runs.{" "}
                  <Link href="/launch" className="underline underline-offset-2">
                    Launch a run
                  </Link>{" "}
                  to put the workers to use.
                </p>
              ) : (
                <Sheet className="overflow-hidden">
                  <ul aria-label="Runs under way">
                    {data.liveRuns.map((run) => (
                      <LiveRun key={run.id} run={run} />
                    ))}
                  </ul>
                  <NotShown hidden={notShown(data.runCounts, data.liveRuns)} />
                </Sheet>
              )}
            </Panel>
            {(data === undefined || data.endedRuns.length > 0) && (
              <Panel
                id="recent"
                title="Finished lately"
                actions={
                  <Link href="/runs" className="text-sm text-ink-2 underline-offset-2 hover:underline">
                    All runs
                  </Link>
                }
              >
                <RunTable runs={data?.endedRuns ?? null} label="Runs finished lately" />
              </Panel>
            )}
          </>
        )}
      </div>
      <aside className="flex min-w-0 flex-col gap-10 md:max-xl:grid md:max-xl:grid-cols-2">
        <Panel id="counts" title="Runs so far">
          <Counts counts={data?.runCounts ?? null} />
        </Panel>
        {data !== undefined && data.cost.deviceSeconds > 0 && (
          <Panel id="cost" title="Device time">
            <CostList cost={data.cost} />
          </Panel>
        )}
        <Panel
          id="workers"
          title="Workers"
          actions={
            <Link href="/workers" className="text-sm text-ink-2 underline-offset-2 hover:underline">
              Details
            </Link>
          }
        >
          <WorkerList workers={data?.workers ?? null} />
        </Panel>
      </aside>
    </div>
  );
}

/** Where the runs are that are under way, too. */
function NotShown({ hidden }: { hidden: ReturnType<typeof notShown> }) {
  if (hidden.length === 0) return null;
  return (
    <p className="flex flex-wrap gap-x-4 border-t border-line px-4 py-2.5 text-sm text-ink-2 sm:px-5">
      {hidden.map(({ status, count }) => (
        <Link key={status} href={`/runs?status=${status}`} className="underline-offset-2 numeric hover:underline">
          {formatCount(count)} more {status}
        </Link>
      ))}
    </p>
  );
}

function FirstRun({ hasWorker }: { hasWorker: boolean }) {
  return (
    <Empty
      title="Nothing has run yet"
      action={
        <div className="flex w-full max-w-xl flex-col gap-3">
          <Button asChild look="primary" className="self-start">
            <Link href="/launch/quickstart">
              <FlaskConical /> Set up the quickstart
            </Link>
          </Button>
          <Command text="npx retort launch quickstart --watch" />
        </div>
      }
    >
      The quickstart trains a small vision-language model on two CPU cores, scores it on pictures it has not seen, and
      puts it on the leaderboard.
      {!hasWorker && " No worker is connected yet: the run will wait until one is."}
    </Empty>
  );
}

function Counts({ counts }: { counts: Overview["runCounts"] | null }) {
  return (
    <ul className="-mx-2 flex flex-col text-sm">
      {listedStatuses.map((status) => (
        <li key={status}>
          <Link href={`/runs?status=${status}`} className="flex h-8 items-center gap-2 rounded-md px-2 hover:bg-sunken">
            <StatusIcon status={status} className="animate-none" />
            <span>{statusLooks[status].label}</span>
            <span className="ml-auto font-medium numeric">
              {counts === null ? "" : formatCount(counts[status] ?? 0)}
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

function CostList({ cost }: { cost: Overview["cost"] }) {
  const rows = [
    ["Spent", cost.deviceSeconds, "What devices were given to attempts"],
    ["Saved by reuse", cost.savedDeviceSeconds, "What stages taken from earlier runs would have cost once more"],
    [
      "Without a result",
      cost.wastedDeviceSeconds,
      "Attempts that failed, were lost or cancelled; not those that gave way and left a checkpoint",
    ],
  ] as const;
  return (
    <dl className="flex flex-col gap-1.5 text-sm">
      {rows.map(([label, seconds, title]) => (
        <div key={label} className="flex justify-between gap-4" title={title}>
          <dt className="text-ink-2">{label}</dt>
          <dd className="font-medium numeric">{seconds === 0 ? "none" : formatDuration(seconds * 1_000)}</dd>
        </div>
      ))}
    </dl>
  );
}

function WorkerList({ workers }: { workers: Overview["workers"] | null }) {
  if (workers === null) return <Skeleton className="h-14" />;
  const present = workers.filter(({ status }) => status !== "gone");
  if (present.length === 0) {
    return (
      <div className="flex flex-col gap-2 text-sm text-ink-2">
        <p>No worker is connected; runs wait. One starts with the server:</p>
        <Command text="npm start" />
      </div>
    );
  }
  return (
    <ul className="flex flex-col gap-3 text-sm">
      {present.map((worker) => (
        <li key={worker.id}>
          <div className="flex items-center justify-between gap-2">
            <span className="truncate font-medium">{worker.name}</span>
            <WorkerState status={worker.status} />
          </div>
          <p className="text-xs text-ink-3">
            {worker.devices.join(", ")}, <span className="numeric">{worker.threads}</span>{" "}
            {worker.threads === 1 ? "thread" : "threads"}, {formatBytes(worker.memoryBytes)}
          </p>
          <p className="text-xs text-ink-3">
            {worker.stageIds.length === 0
              ? "idle"
              : `${worker.stageIds.length} ${worker.stageIds.length === 1 ? "stage" : "stages"} now`}
            , last heard of <Ago at={worker.heartbeatAt} />
          </p>
        </li>
      ))}
    </ul>
  );
}
