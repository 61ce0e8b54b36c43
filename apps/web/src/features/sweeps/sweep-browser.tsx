"use client";

import type { SweepSummary } from "@retort/api";
import { FlaskConical } from "lucide-react";
import Link from "next/link";
import { formatScore } from "../../format/number.ts";
import { useTRPC, useTRPCClient } from "../../trpc/client.tsx";
import { usePages } from "../../trpc/use-pages.ts";
import { Button } from "../../ui/button.tsx";
import { Command } from "../../ui/copy.tsx";
import { Empty } from "../../ui/empty.tsx";
import { OlderButton } from "../../ui/older-button.tsx";
import { Sheet } from "../../ui/panel.tsx";
import { Problem } from "../../ui/problem.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { StatusLabel } from "../../ui/status.tsx";
import { Ago, TimeLeft } from "../../ui/time.tsx";
import { TrialProgress } from "../sweep/view/trial-progress.tsx";

/** All sweeps, newest first. */
export function SweepBrowser() {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const input = { limit: 30 };
  const sweeps = usePages({
    queryKey: trpc.sweeps.list.queryKey(input),
    ask: (cursor, signal) => client.sweeps.list.query({ ...input, cursor }, { signal }),
    isLive: (page) => page.sweeps.some(({ finishedAt }) => finishedAt === null),
  });
  const loaded = sweeps.data?.pages.flatMap((page) => page.sweeps);
  if (sweeps.error !== null && loaded === undefined)
    return <Problem error={sweeps.error} onRetry={() => void sweeps.refetch()} />;
  if (loaded === undefined) return <Skeleton className="h-72" />;
  if (loaded.length === 0) {
    return (
      <Empty
        title="No sweep yet"
        action={
          <div className="flex w-full max-w-xl flex-col gap-3">
            <Button asChild look="primary" className="self-start">
              <Link href="/sweeps/new">
                <FlaskConical /> Set up the first one
              </Link>
            </Button>
            <Command text="npx retort sweep sweep.yaml --watch" />
          </div>
        }
      >
        A sweep runs a recipe at many points of its parameters: a search, an ablation table, seeds. Stages that its runs
        have in common are done once.
      </Empty>
    );
  }
  return (
    <>
      <Sheet>
        <ul aria-label="Sweeps">
          {loaded.map((sweep) => (
            <SweepRow key={sweep.id} sweep={sweep} />
          ))}
        </ul>
      </Sheet>
      <OlderButton what="sweeps" pages={sweeps} />
    </>
  );
}

export function SweepRow({ sweep }: { sweep: SweepSummary }) {
  const { best, objective } = sweep;
  return (
    <li
      className="relative grid grid-cols-[minmax(0,1fr)_auto] gap-x-6 gap-y-2 border-b border-line px-4 py-3.5 last:border-0 hover:bg-sunken/60 sm:px-5 lg:grid-cols-[minmax(0,1fr)_16rem_9rem] lg:items-center"
      data-sweep={sweep.id}
    >
      <div className="min-w-0">
        <p className="flex min-w-0 items-center gap-3">
          <Link
            href={`/sweeps/${sweep.id}`}
            className="truncate font-medium after:absolute after:inset-0 hover:underline"
          >
            {sweep.name}
          </Link>
          <StatusLabel status={sweep.status} className="text-sm" />
        </p>
        <p className="mt-0.5 text-xs text-ink-3">
          {sweep.recipe}, {sweep.sampler}
          {sweep.pruner === "none" ? "" : `, ${sweep.pruner}`}, launched <Ago at={sweep.createdAt} />
          {sweep.secondsLeft !== null && sweep.finishedAt === null && (
            <>
              , <TimeLeft seconds={sweep.secondsLeft} />
            </>
          )}
        </p>
      </div>
      <div className="text-right lg:order-last">
        {best === null ? (
          <span className="text-ink-3">–</span>
        ) : (
          <>
            <span className="font-semibold numeric">{formatScore(best.mean, objective.unit)}</span>
            <span className="block text-xs text-ink-3">{objective.label}</span>
          </>
        )}
      </div>
      <div className="col-span-2 lg:col-span-1">
        <TrialProgress sweep={sweep} />
        <p className="mt-1 text-xs text-ink-3 numeric">
          {sweep.counts.succeeded + sweep.counts.pruned} of {sweep.numTrials ?? "?"} done
          {sweep.counts.failed > 0 && <span className="text-danger">, {sweep.counts.failed} failed</span>}
        </p>
      </div>
    </li>
  );
}
